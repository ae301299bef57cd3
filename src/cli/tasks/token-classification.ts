import { ConfigError, DataError } from '../../core/errors.ts'
import { stratifiedSplit } from '../../data/split.ts'
import {
  areEntityTags,
  collectTagLabels,
  convertTags,
  type DetectedScheme,
  describeWord,
  detectScheme,
  firstBrokenTag,
  OUTSIDE,
  type TagScheme,
  type TokenExample,
  type TokenItem,
  tagSchemes,
} from '../../data/token-classification/index.ts'
import { readAllTokenExamples, type TokenFormat } from '../../data/token-classification/node.ts'
import { computeEntityMetrics, entityMetrics } from '../../training/entity-metrics.ts'
import type { TokenPredictions } from '../../training/tasks/predict-tokens.ts'
import { taggingResult, tagMetrics, tokenClassificationTask } from '../../training/tasks/token-classification.ts'
import { tokenPrediction } from '../predictors/token-classification.ts'
import { scoreTable } from '../tables.ts'
import type { CommandTask } from './command-task.ts'
import { tagOptions } from './tag-options.ts'
import type { TaskValues } from './task-flags.ts'

export const tokenClassification: CommandTask<TokenExample, TokenItem, TokenPredictions> = {
  name: 'token-classification',
  head: 'token-classification',
  flags: ['text-column', 'label-column', 'tag-scheme', 'label-all-pieces', 'aggregation', 'stride'],
  create(values) {
    const { labelAllPieces, stride } = values
    const options = tagOptions(values)
    return tokenClassificationTask({
      ...options,
      stride,
      labelAllPieces: labelAllPieces ?? (options.aggregation !== undefined && options.aggregation !== 'first'),
    })
  },
  read: readTagged,
  labels(examples, file) {
    const labels = collectTagLabels(examples)
    if (labels.length > 1) return labels
    const only = labels.length === 0 ? 'there are no words' : `all words have the tag "${labels[0]}"`
    throw new DataError('ONE_LABEL', `${file}: ${only}: a tagger needs two tags or more. Is --label-column right?`)
  },
  // Both parts have their share of the sentences with entities.
  split: (examples, options) =>
    stratifiedSplit(examples, { ...options, labelOf: ({ tags }) => Number(tags!.some((tag) => tag !== OUTSIDE)) }),
  baselines(train, evaluation) {
    const tagOf = mostFrequentTags(train)
    const result = {
      tags: evaluation.map(({ tags }) => tags!),
      predictions: evaluation.map(({ words }) => words.map(tagOf)),
      entities: areEntityTags(train.flatMap(({ tags }) => tags!)),
    }
    const names = result.entities ? ['f1', 'precision', 'recall', 'f1_macro', 'accuracy'] : ['accuracy']
    return { 'Each word’s most frequent tag': computeEntityMetrics(result, names) }
  },
  tables(_, predictions) {
    const result = taggingResult(predictions)
    if (!result.entities) return [scoreTable('tag', tagMetrics(predictions), 'words')]
    const perType = entityMetrics(result).perType.map(({ type, ...scores }) => ({ label: type, ...scores }))
    if (perType.length === 0) return ['  no entities, neither true nor predicted ones']
    return [scoreTable('entity', perType, 'entities')]
  },
  predict: tokenPrediction,
}

async function readTagged(file: string, values: TaskValues, warn: (text: string) => void): Promise<TokenExample[]> {
  const { textColumn, labelColumn, tagScheme, format } = values
  const options = { textColumn, labelColumn, format: format as TokenFormat | undefined, requireLabel: true }
  const examples = await readAllTokenExamples(file, options)
  if (!areEntityTags(examples.flatMap(({ tags }) => tags!))) {
    collectTagLabels(examples) // which throws where some tags mark entities and others do not
    if (tagScheme === undefined || tagScheme === 'none') return examples
    throw new ConfigError(
      'TAG_SCHEME',
      `${file}: --tag-scheme is for tags of entities, which these are not: leave it out`,
    )
  }
  const found = schemeOf(examples, file)
  const wanted = tagSchemes.find((scheme) => scheme === tagScheme)
  if (found.broken > 0) {
    const broken = brokenTags(file, examples, found)
    // Who names the scheme of the data does not want others to be guessed at.
    if (found.scheme === wanted)
      throw new DataError('TAG_SCHEME', `${broken.first}. Correct it, or leave out --tag-scheme`)
    warn(
      `${broken.summary}, first in ${broken.first}: they are read as conlleval does, where an entity begins at such a tag`,
    )
  }
  if (wanted === undefined || wanted === found.scheme) return examples
  const converted = examples.map((example) => ({ ...example, tags: convertTags(example.tags!, wanted) }))
  const isChanged = converted.some(({ tags }, i) => tags.some((tag, word) => tag !== examples[i].tags![word]))
  if (isChanged) warn(`${file}: the tags look like ${found.scheme} and are converted to ${wanted}`)
  return converted
}

function schemeOf(examples: readonly TokenExample[], file: string): DetectedScheme {
  try {
    return detectScheme(examples.map(({ tags }) => tags!))
  } catch (error) {
    if (!(error instanceof DataError)) throw error
    throw new DataError(error.code, `${file}: ${error.message}`, { cause: error })
  }
}

/** What the schemes ask for, for those whose tags break them. */
const schemeRules: Readonly<Record<TagScheme, string>> = {
  IOB1: 'B- only on the first word of an entity right behind another of its type',
  IOB2: 'B- on the first word of an entity, and I- on the others',
  BIOES: 'B- on the first word of an entity, I- on the others and E- on its last, or S- on a single word',
  BILOU: 'B- on the first word of an entity, I- on the others and L- on its last, or U- on a single word',
}

/** How many tags break their scheme, and the first that does. */
function brokenTags(file: string, examples: readonly TokenExample[], { scheme, broken }: DetectedScheme) {
  const example = examples.find(({ tags }) => firstBrokenTag(tags!, scheme) !== undefined)!
  const word = firstBrokenTag(example.tags!, scheme)!
  const before = word > 0 ? `behind "${example.tags![word - 1]}"` : 'at the start'
  return {
    summary: `${file}: ${broken} ${broken === 1 ? 'tag breaks' : 'tags break'} the scheme ${scheme}`,
    first: `${describeWord(example, word)}, "${example.tags![word]}" ${before}, where ${scheme} has ${schemeRules[scheme]}`,
  }
}

/** The tag that a word has most often; for unknown words, the one that is most frequent of all. */
function mostFrequentTags(examples: readonly TokenExample[]): (word: string) => string {
  const counts = new Map<string, Map<string, number>>()
  const all = new Map<string, number>()
  const add = (tags: Map<string, number>, tag: string) => tags.set(tag, (tags.get(tag) ?? 0) + 1)
  for (const { words, tags } of examples) {
    words.forEach((word, i) => {
      const own = counts.get(word) ?? new Map<string, number>()
      counts.set(word, own)
      add(own, tags![i])
      add(all, tags![i])
    })
  }
  const most = (tags: ReadonlyMap<string, number>) =>
    [...tags].reduce((best, each) => (each[1] > best[1] ? each : best))[0]
  const best = new Map(Array.from(counts, ([word, tags]) => [word, most(tags)]))
  const usual = most(all)
  return (word) => best.get(word) ?? usual
}
