import { readFile, rm } from 'node:fs/promises'
import { writeFileAtomic } from '../../checkpoints/node.ts'
import type { EncoderModel } from '../../models/model.ts'
import type { BertTokenizer } from '../../tokenizers/index.ts'
import type { FillIn } from '../run-record.ts'
import type { PretrainingSet } from '../tasks/pretraining.ts'

/** Masks that are watched, how many tokens around one are shown, and how many guesses. */
const watched = 6
const around = 14
const guesses = 5

/** What a model fills a few masks of held-out text with, from evaluation to evaluation. */
export class FillInLog {
  readonly entries: FillIn[]
  readonly #path: string
  readonly #model: EncoderModel
  readonly #tokenizer: BertTokenizer
  readonly #batch: ReturnType<PretrainingSet['collate']> | undefined
  /** Places of the watched masks among the batch's masked rows. */
  readonly #places: readonly number[]

  private constructor(
    path: string,
    model: EncoderModel,
    tokenizer: BertTokenizer,
    batch: ReturnType<PretrainingSet['collate']> | undefined,
    places: readonly number[],
    entries: FillIn[],
  ) {
    this.#path = path
    this.#model = model
    this.#tokenizer = tokenizer
    this.#batch = batch
    this.#places = places
    this.entries = entries
  }

  /** @param resume go on with what the file has */
  static async open(
    path: string,
    model: EncoderModel,
    tokenizer: BertTokenizer,
    { collate, items }: PretrainingSet & { items: readonly number[] },
    resume: boolean,
  ): Promise<FillInLog> {
    // A discriminator fills nothing in.
    if (model.definition.head?.task === 'replaced-token-detection') {
      if (!resume) await rm(path, { force: true }) // of a run that this one replaces
      return new FillInLog(path, model, tokenizer, undefined, [], [])
    }
    const some = Array.from(
      { length: Math.min(watched, items.length) },
      (_, i) => items[Math.floor((i * items.length) / Math.min(watched, items.length))],
    )
    const batch = collate(some, { epoch: 0, batch: 0 })
    const maskedRows = [...batch.maskedRows!]
    const places = [...batch.firstTokens].flatMap((first, b) => {
      const end = b + 1 < batch.size ? batch.firstTokens[b + 1] : batch.tokens
      const middle = (first + end) / 2
      const inside = maskedRows.filter((row) => row > first && row < end && batch.ids[row] === tokenizer.maskId)
      const nearest = inside.sort((a, c) => Math.abs(a - middle) - Math.abs(c - middle))[0]
      return nearest === undefined ? [] : [maskedRows.indexOf(nearest)]
    })
    const entries = places.map((place): FillIn => {
      const row = maskedRows[place]
      const from = Math.max(0, row - around)
      const text = (start: number, end: number) => {
        const ids = batch.ids.subarray(start, end).filter((id) => id !== tokenizer.clsId && id !== tokenizer.sepId)
        return tokenizer.decode(ids, { skipSpecialTokens: false })
      }
      return {
        before: text(from, row),
        after: text(row + 1, Math.min(batch.tokens, row + 1 + around)),
        answer: tokenizer.idToToken(batch.labels![place]) ?? '',
        guesses: [],
      }
    })
    if (resume) {
      const saved = await readFile(path, 'utf8').then(
        (text) => JSON.parse(text) as FillIn[],
        () => [],
      )
      for (const [i, entry] of entries.entries()) entry.guesses.push(...(saved[i]?.guesses ?? []))
    }
    return new FillInLog(path, model, tokenizer, batch, places, entries)
  }

  /** Writes down what the model fills in before its first step, unless the run did so before it was killed. */
  async begin(): Promise<void> {
    if (this.entries.some(({ guesses }) => guesses.length === 0)) await this.record(0)
  }

  /** Writes down what the model would fill in now. Rows of later steps, of a run that was killed, are dropped. */
  async record(step: number): Promise<void> {
    if (!this.#batch || this.#places.length === 0) return
    const { logits } = await this.#model.forward(this.#batch)
    const width = logits!.dims[1]
    for (const [i, place] of this.#places.entries()) {
      const row = (logits!.data as Float32Array).subarray(place * width, (place + 1) * width)
      const entry = this.entries[i]
      const kept = entry.guesses.filter((earlier) => earlier.step < step)
      entry.guesses.splice(0, entry.guesses.length, ...kept, { step, tokens: this.#best(row) })
    }
    await writeFileAtomic(this.#path, `${JSON.stringify(this.entries, null, 2)}\n`)
  }

  #best(logits: Float32Array): { token: string; score: number }[] {
    const order = Uint32Array.from(logits.keys()).sort((a, b) => logits[b] - logits[a])
    const highest = logits[order[0]]
    const sum = logits.reduce((total, logit) => total + Math.exp(logit - highest), 0)
    return Array.from(order.subarray(0, guesses), (id) => ({
      token: this.#tokenizer.idToToken(id) ?? '',
      score: Math.exp(logits[id] - highest) / sum,
    }))
  }
}
