import { TokenizerError } from '../../core/errors.ts'
import type { Tokenizer, TokenizerDefinition } from '../tokenizer.ts'
import { mergeAddedTokens } from './added-tokens.ts'
import { createTokenizer } from './bert-shape.ts'
import type { FamilyTokens, TokenizerFamily } from './families.ts'
import { families, familyOfClass, familyOfModelType } from './families.ts'
import type { TokenizerFiles } from './file-names.ts'
import { tokenizerFileNames } from './file-names.ts'
import { parseJsonObject } from './json-fields.ts'
import { applySettings } from './settings.ts'
import type { NamedTokens, TokenizerSettings, TokenRole } from './tokenizer-config.ts'
import { parseAddedTokens, parseSpecialTokensMap, parseTokenizerConfig, tokenRoles } from './tokenizer-config.ts'
import { parseTokenizerJson } from './tokenizer-json.ts'
import { definitionOfVocabulary } from './vocabulary-files.ts'

/**
 * Makes the tokenizer that the files of a model folder describe, as transformers does: tokenizer.json, or the vocabulary
 * files where that is missing, and what tokenizer_config.json, special_tokens_map.json and added_tokens.json add. Of
 * config.json only `model_type` is read, where no file names a class. A `BertTokenizer` where it is exactly BERT's.
 *
 * @param where what to put before the files' names in messages, e.g. the folder and a slash
 * @throws TokenizerError naming the file that is missing, broken or of a kind that is not known
 */
export function tokenizerFromFiles(files: TokenizerFiles, where = ''): Tokenizer {
  const name = (file: keyof TokenizerFiles) => `${where}${file}`
  const settings = parseTokenizerConfig(files['tokenizer_config.json'] ?? '{}', name('tokenizer_config.json'))
  const map = files['special_tokens_map.json']
  // As in transformers: a tokenizer_config.json that lists its added tokens is newer than a special_tokens_map.json.
  let named =
    map === undefined || settings.addedTokens !== undefined
      ? settings.named
      : mergeNamed(settings.named, parseSpecialTokensMap(map, name('special_tokens_map.json')))
  const family = familyOf(files, settings, where)
  const json = files['tokenizer.json']
  const source = json === undefined ? vocabularyFile(files, where) : 'tokenizer.json'
  try {
    let base: TokenizerDefinition
    if (json === undefined) {
      const known = requireFamily(family, settings, name(source))
      named = mergeNamed({ roles: entries(known.specialTokens), extra: [] }, named)
      const tokens = { ...known.specialTokens, ...roleTexts(known.specialTokens, named) }
      base = definitionOfVocabulary(files, known, settings, tokens, where)
    } else {
      base = applySettings(parseTokenizerJson(json, name(source)), family, settings)
    }
    const specialTokens = roleTexts(base.specialTokens ?? {}, named)
    const legacy = files['added_tokens.json']
    const definition: TokenizerDefinition = {
      ...base,
      specialTokens,
      addedTokens: mergeAddedTokens(base, {
        listed: settings.addedTokens,
        legacy: legacy === undefined ? [] : parseAddedTokens(legacy, name('added_tokens.json')),
        named,
        maskTakesSpace: family?.maskTakesSpace ?? false,
      }),
      maxLength: settings.maxLength,
      paddingSide: settings.paddingSide,
      truncationSide: settings.truncationSide,
      cleanUp: settings.cleanUp,
      modelInputNames: settings.modelInputNames ?? family?.modelInputNames,
    }
    return createTokenizer(definition)
  } catch (error) {
    if (!(error instanceof TokenizerError) || error.message.startsWith(name(source))) throw error
    if (error.message.startsWith(where) && where !== '') throw error
    throw new TokenizerError(error.code, `${name(source)}: ${error.message}`, { cause: error })
  }
}

/** The file that the vocabulary comes from. @throws TokenizerError `TOKENIZER_MISSING` if there is none */
function vocabularyFile(files: TokenizerFiles, where: string): keyof TokenizerFiles {
  const names = ['vocab.txt', 'vocab.json', ...tokenizerFileNames.bytes] as const
  const found = names.find((name) => files[name] !== undefined)
  if (found !== undefined) return found
  throw new TokenizerError(
    'TOKENIZER_MISSING',
    `${where === '' ? 'the files' : where.replace(/\/$/, '')}: no tokenizer here: expected tokenizer.json, or vocab.txt, or ` +
      'vocab.json and merges.txt, or a sentencepiece model (spiece.model, sentencepiece.bpe.model, spm.model). ' +
      'Is this the folder of a saved model? Copy its tokenizer files into it.',
  )
}

/** The family that the class, else the model's type, else the only file that can be has. */
function familyOf(files: TokenizerFiles, settings: TokenizerSettings, where: string): TokenizerFamily | undefined {
  const { tokenizerClass } = settings
  const generic = /^(PreTrainedTokenizer(Fast)?|TokenizersBackend)$/.test(tokenizerClass ?? '')
  if (tokenizerClass !== undefined && !generic) {
    const family = familyOfClass(tokenizerClass)
    if (family !== undefined || files['tokenizer.json'] !== undefined) return family
    throw new TokenizerError(
      'UNSUPPORTED_TOKENIZER',
      `${where}tokenizer_config.json: tokenizer_class is "${tokenizerClass}", and there is no tokenizer.json that would say ` +
        `what it does. Known classes: ${families.map((known) => known.tokenizerClass).join(', ')}. With transformers, ` +
        'AutoTokenizer.from_pretrained(folder).save_pretrained(folder) writes a tokenizer.json.',
    )
  }
  // A plain class is what its tokenizer.json says, whatever model it is for.
  if (generic && files['tokenizer.json'] !== undefined) return undefined
  const config = files['config.json']
  const modelType = config === undefined ? undefined : parseJsonObject(config, `${where}config.json`).model_type
  const byModel = typeof modelType === 'string' ? familyOfModelType(modelType) : undefined
  if (byModel !== undefined || files['tokenizer.json'] !== undefined) return byModel
  if (files['vocab.txt'] !== undefined) return familyOfModelType('bert')
  if (files['vocab.json'] !== undefined) return familyOfModelType('roberta')
  if (files['spiece.model'] !== undefined) return familyOfModelType('albert')
  if (files['spm.model'] !== undefined) return familyOfModelType('deberta-v2')
  return undefined
}

function requireFamily(
  family: TokenizerFamily | undefined,
  settings: TokenizerSettings,
  source: string,
): TokenizerFamily {
  if (family !== undefined) return family
  const known = families.filter((candidate) => candidate.vocabulary === 'sentencepiece')
  throw new TokenizerError(
    'UNSUPPORTED_TOKENIZER',
    `${source}: nothing says which tokenizer this vocabulary is for (tokenizer_class is ${settings.tokenizerClass ?? 'not given'}` +
      `). Put "tokenizer_class" into tokenizer_config.json: ${known.map((each) => each.tokenizerClass).join(', ')}; or put the ` +
      "model's config.json beside it.",
  )
}

/** The names of `over` before those of `under`. */
function mergeNamed(under: NamedTokens, over: NamedTokens): NamedTokens {
  return {
    roles: { ...under.roles, ...over.roles },
    extra: over.extra.length > 0 ? over.extra : under.extra,
  }
}

function entries(tokens: FamilyTokens): NamedTokens['roles'] {
  return Object.fromEntries(Object.entries(tokens).map(([role, content]) => [role, { content }]))
}

function roleTexts(base: Partial<Record<TokenRole, string>>, named: NamedTokens): Partial<Record<TokenRole, string>> {
  const texts: Partial<Record<TokenRole, string>> = { ...base }
  for (const role of tokenRoles) {
    const entry = named.roles[role]
    if (entry === null) delete texts[role]
    else if (entry !== undefined) texts[role] = entry.content
  }
  return texts
}
