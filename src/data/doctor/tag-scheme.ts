import { BertsmithError } from '../../core/errors.ts'
import { describePlace } from '../example.ts'
import { detectScheme } from '../token-classification/detect-scheme.ts'
import { areEntityTags } from '../token-classification/tag.ts'
import type { DataCheck } from './context.ts'
import { counted, type Finding, mostExamples } from './finding.ts'
import type { Sample } from './sample.ts'

/** Tags that stand where their scheme does not allow them, and schemes that differ between training and evaluation. */
export const tagScheme: DataCheck = {
  name: 'tag-scheme',
  targets: ['tags'],
  run({ train, evaluation, all }) {
    const tagged = all.filter(({ tags }) => tags !== undefined)
    const names = new Set(tagged.flatMap(({ tags }) => tags!))
    if (!areEntityTags(names)) return mixedTags(tagged, names)
    try {
      const findings: Finding[] = []
      const { scheme, broken } = detectScheme(tagged.map(({ tags }) => tags!))
      if (broken > 0) {
        const places = tagged.filter(({ tags }) => breaksScheme(tags!, scheme))
        findings.push({
          code: 'BROKEN_TAGS',
          severity: 'warning',
          message: `${counted(broken, 'tag')} in ${counted(places.length, 'sentence')} stand where ${scheme} does not allow them, such as an I- without a B- before it.`,
          advice: 'Correct them: strict metrics leave such entities out, lenient ones guess where they begin.',
          counts: { broken, sentences: places.length },
          examples: places.slice(0, mostExamples).map(taggedText),
        })
      }
      const schemes = [train, evaluation]
        .filter((samples) => samples.length > 0)
        .map((samples) => detectScheme(samples.map(({ tags = [] }) => tags)).scheme)
      if (new Set(schemes).size > 1) {
        findings.push({
          code: 'TAG_SCHEMES_DIFFER',
          severity: 'warning',
          message: `The training tags look like ${schemes[0]}, those of the evaluation like ${schemes[1]}.`,
          advice: 'Convert one of the two, or the model is judged by tags that it never learned.',
          counts: {},
          examples: [],
        })
      }
      return findings
    } catch (error) {
      if (!(error instanceof BertsmithError)) throw error
      return [
        {
          code: error.code,
          severity: 'error',
          message: error.message,
          advice: 'Convert the tags to one scheme.',
          counts: {},
          examples: [],
        },
      ]
    }
  },
}

/** Tags of entities beside others are a slip of the pen, such as B_person. */
function mixedTags(tagged: readonly Sample[], names: ReadonlySet<string>): Finding[] {
  const odd = [...names].filter((name) => !areEntityTags([name]))
  if (![...names].some((name) => name[1] === '-' && areEntityTags([name]))) return []
  const places = tagged.filter(({ tags }) => tags!.some((tag) => odd.includes(tag)))
  return [
    {
      code: 'MIXED_TAGS',
      severity: 'error',
      message: `Some tags mark entities and ${counted(odd.length, 'other')} do not, in ${counted(places.length, 'sentence')}: ${odd
        .slice(0, 5)
        .map((tag) => JSON.stringify(tag))
        .join(', ')}.`,
      advice: 'Write "O", or B, I, E, S, L or U with a hyphen and a type, such as "B-person".',
      counts: { tags: odd.length, sentences: places.length },
      examples: places.slice(0, mostExamples).map(taggedText),
    },
  ]
}

/** Whether a sentence has a tag that the scheme does not allow there. */
function breaksScheme(tags: readonly string[], scheme: string): boolean {
  const found = detectScheme([tags])
  if (found.scheme === scheme) return found.broken > 0
  // A sentence alone may look like another scheme: what is broken there by IOB2 begins an entity with I-.
  return tags.some(
    (tag, i) => tag.startsWith('I-') && !['B-', 'I-'].some((letter) => tags[i - 1] === `${letter}${tag.slice(2)}`),
  )
}

function taggedText({ words = [], tags = [], source }: Sample) {
  const text = words.map((word, i) => (tags[i] === 'O' ? word : `${word}/${tags[i]}`)).join(' ')
  return { place: describePlace(source), text }
}
