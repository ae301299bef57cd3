import type { Normalizer } from '../components.ts'
import { doubled } from '../normalized-text.ts'
import type { NormalForm, NormalFormTables } from '../unicode/normal-forms.ts'
import { CHANGES, createNormalFormTables, DECOMPOSES, JOINS } from '../unicode/normal-forms.ts'
import { Rewrite } from './rewrite.ts'

/**
 * A Unicode normal form. Alignment as in huggingface/tokenizers: a composed character has the source of the first of its
 * characters; reordered marks have the sources in their old order.
 */
export function createNormalForm(form: NormalForm): Normalizer {
  const tables = createNormalFormTables(form)
  const { flags } = tables
  const stretch = new Stretch(tables, form.endsWith('C'))
  return {
    normalize(text, out) {
      const { codePoints, starts, ends } = text
      for (let i = 0; i < text.length; ) {
        const codePoint = codePoints[i]
        let end = i + 1
        while (end < text.length && flags[codePoints[end]] & JOINS) end++
        if (end === i + 1 && (flags[codePoint] & CHANGES) === 0) {
          out.push(codePoint, starts[i], ends[i])
        } else {
          for (let k = i; k < end; k++) stretch.add(codePoints[k])
          stretch.finish().flush(text, i, out)
        }
        i = end
      }
    },
  }
}

/** Characters that act on each other: one that stands for itself and what joins it. A reused buffer. */
class Stretch {
  readonly #tables: NormalFormTables
  readonly #composes: boolean
  readonly #rewrite = new Rewrite()
  #length = 0
  /** Parts of the characters, and for each whether it is the first of its character (0) or not (1). */
  #parts: Int32Array = new Int32Array(64)
  #changes: Int32Array = new Int32Array(64)
  #sorted: Int32Array = new Int32Array(64)

  constructor(tables: NormalFormTables, composes: boolean) {
    this.#tables = tables
    this.#composes = composes
  }

  add(codePoint: number): void {
    if ((this.#tables.flags[codePoint] & DECOMPOSES) === 0) {
      this.#push(codePoint, 0)
      return
    }
    let change = 0
    for (const part of this.#tables.decompose(codePoint)) {
      this.#push(part, change)
      change = 1
    }
  }

  /** The normal form of what was added; the stretch is empty again. */
  finish(): Rewrite {
    this.#sortMarks()
    if (this.#composes) this.#compose()
    else for (let i = 0; i < this.#length; i++) this.#rewrite.push(this.#parts[i], this.#changes[i])
    this.#length = 0
    return this.#rewrite
  }

  #push(part: number, change: number): void {
    if (this.#length === this.#parts.length) {
      this.#parts = doubled(this.#parts)
      this.#changes = doubled(this.#changes)
      this.#sorted = new Int32Array(this.#parts.length)
    }
    this.#parts[this.#length] = part
    this.#changes[this.#length++] = change
  }

  /** Canonical ordering: a stable sort by class of each run of marks. */
  #sortMarks(): void {
    const { classes } = this.#tables
    const parts = this.#parts
    for (let i = 0; i < this.#length; ) {
      let last = classes[parts[i]]
      let ordered = true
      const start = i++
      if (last === 0) continue
      for (; i < this.#length; i++) {
        const own = classes[parts[i]]
        if (own === 0) break
        if (own < last) ordered = false
        last = own
      }
      if (!ordered) this.#sortRun(start, i)
    }
  }

  /** A counting sort, since a run may be as long as the text. */
  #sortRun(start: number, end: number): void {
    const { classes } = this.#tables
    const parts = this.#parts
    const places = new Int32Array(257)
    for (let i = start; i < end; i++) places[classes[parts[i]] + 1]++
    for (let k = 1; k < places.length; k++) places[k] += places[k - 1]
    const sorted = this.#sorted
    for (let i = start; i < end; i++) sorted[start + places[classes[parts[i]]]++] = i
    // `sorted` holds old places; the marks and their changes move through copies.
    const oldParts = parts.slice(start, end)
    const oldChanges = this.#changes.slice(start, end)
    for (let i = start; i < end; i++) {
      parts[i] = oldParts[sorted[i] - start]
      this.#changes[i] = oldChanges[sorted[i] - start]
    }
  }

  /** Canonical composition: each mark that nothing of its class stands before joins the last starter where it can. */
  #compose(): void {
    const { classes, compose } = this.#tables
    const rewrite = this.#rewrite
    let starter = -1
    let last = 0 // class of the last mark that stayed; 0 for none
    for (let i = 0; i < this.#length; i++) {
      const part = this.#parts[i]
      const own = classes[part]
      if (starter !== -1 && (last === 0 || last < own)) {
        const composed = compose(rewrite.codePoints[starter], part)
        if (composed !== -1) {
          rewrite.codePoints[starter] = composed
          rewrite.changes[starter] += this.#changes[i] - 1
          continue
        }
      }
      if (own === 0) starter = rewrite.length
      last = starter === -1 ? 0 : own
      rewrite.push(part, this.#changes[i])
    }
  }
}
