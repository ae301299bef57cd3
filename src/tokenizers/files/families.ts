/**
 * The tokenizers of the BERT family by name: which files hold their vocabularies, what their special tokens are called, and
 * which components stand around their models. For folders without a tokenizer.json, and to know which class of transformers
 * would build the same tokenizer anew. Matches transformers' convert_slow_tokenizer.py and tokenization_*.py.
 */
import type { JsonObject } from './json-fields.ts'
import { bertTemplate, metaspace, robertaProcessing, robertaTemplate, sequence } from './json-parts.ts'

/** The special tokens of a family by what they are for. */
export interface FamilyTokens {
  unk: string
  cls: string
  sep: string
  pad: string
  mask: string
  bos?: string
  eos?: string
}

/** What a tokenizer_config.json says about the components; undefined where it says nothing. */
export interface ComponentSettings {
  lowercase?: boolean
  /** null: as `lowercase`. */
  stripAccents?: boolean | null
  handleChineseChars?: boolean
  keepAccents?: boolean
  addPrefixSpace?: boolean
  trimOffsets?: boolean
  splitByPunctuation?: boolean
}

/** Components in the form of tokenizer.json. */
export interface ComponentParts {
  normalizer: JsonObject | null
  preTokenizer: JsonObject
  postProcessor: JsonObject
  decoder: JsonObject
}

export type FamilyName =
  | 'bert'
  | 'distilbert'
  | 'mpnet'
  | 'roberta'
  | 'deberta'
  | 'xlm-roberta'
  | 'camembert'
  | 'albert'
  | 'deberta-v2'

export interface TokenizerFamily {
  readonly name: FamilyName
  /** Class that is written to tokenizer_config.json. */
  readonly tokenizerClass: string
  /** Other classes that are the same, without the `Fast` at their end. */
  readonly aliases: readonly string[]
  /** `model_type` values of config.json. */
  readonly modelTypes: readonly string[]
  readonly vocabulary: 'wordpiece' | 'byte-level-bpe' | 'sentencepiece'
  readonly specialTokens: Readonly<FamilyTokens>
  /** The mask token takes the white space before it. */
  readonly maskTakesSpace: boolean
  readonly modelInputNames: readonly string[]
  /** The components around a model. @param idOf the id of a special token; @param charsmap base64, of a sentencepiece model */
  parts(
    settings: ComponentSettings,
    tokens: FamilyTokens,
    idOf: (token: string) => number,
    charsmap?: string,
  ): ComponentParts
}

const bertTokens: FamilyTokens = { unk: '[UNK]', cls: '[CLS]', sep: '[SEP]', pad: '[PAD]', mask: '[MASK]' }
const robertaTokens: FamilyTokens = {
  unk: '<unk>',
  cls: '<s>',
  sep: '</s>',
  pad: '<pad>',
  mask: '<mask>',
  bos: '<s>',
  eos: '</s>',
}
const withTypes = ['input_ids', 'token_type_ids', 'attention_mask']
const withoutTypes = ['input_ids', 'attention_mask']

function bertNormalizer(settings: ComponentSettings): JsonObject {
  return {
    type: 'BertNormalizer',
    clean_text: true,
    handle_chinese_chars: settings.handleChineseChars ?? true,
    strip_accents: settings.stripAccents ?? null,
    lowercase: settings.lowercase ?? true,
  }
}

const wordPieceDecoder = { type: 'WordPiece', prefix: '##', cleanup: true }

function byteLevel(addPrefixSpace: boolean): JsonObject {
  return { type: 'ByteLevel', add_prefix_space: addPrefixSpace, trim_offsets: true, use_regex: true }
}

function spacesToPieces(settings: ComponentSettings): Pick<ComponentParts, 'preTokenizer' | 'decoder'> {
  const words = metaspace(settings.addPrefixSpace === false ? 'never' : 'always')
  return { preTokenizer: sequence('pretokenizers', [{ type: 'WhitespaceSplit' }, words]), decoder: words }
}

const bert: TokenizerFamily = {
  name: 'bert',
  tokenizerClass: 'BertTokenizer',
  aliases: [
    'ElectraTokenizer',
    'MobileBertTokenizer',
    'ConvBertTokenizer',
    'SqueezeBertTokenizer',
    'LayoutLMTokenizer',
  ],
  modelTypes: [
    'bert',
    'electra',
    'mobilebert',
    'convbert',
    'squeezebert',
    'layoutlm',
    'ernie',
    'megatron-bert',
    'nezha',
  ],
  vocabulary: 'wordpiece',
  specialTokens: bertTokens,
  maskTakesSpace: false,
  modelInputNames: withTypes,
  parts: (settings, tokens, idOf) => ({
    normalizer: bertNormalizer(settings),
    preTokenizer: { type: 'BertPreTokenizer' },
    postProcessor: bertTemplate(tokens.cls, tokens.sep, idOf),
    decoder: wordPieceDecoder,
  }),
}

const roberta: TokenizerFamily = {
  name: 'roberta',
  tokenizerClass: 'RobertaTokenizer',
  aliases: ['LongformerTokenizer', 'BartTokenizer'],
  modelTypes: ['roberta', 'roberta-prelayernorm', 'longformer', 'data2vec-text', 'ibert', 'lilt', 'mra', 'bart'],
  vocabulary: 'byte-level-bpe',
  specialTokens: robertaTokens,
  maskTakesSpace: true,
  modelInputNames: withoutTypes,
  parts: ({ addPrefixSpace = false, trimOffsets = true }, { cls, sep }, idOf) => ({
    normalizer: null,
    preTokenizer: byteLevel(addPrefixSpace),
    postProcessor: robertaProcessing(cls, sep, idOf, trimOffsets, addPrefixSpace),
    decoder: byteLevel(true),
  }),
}

const xlmRoberta: TokenizerFamily = {
  name: 'xlm-roberta',
  tokenizerClass: 'XLMRobertaTokenizer',
  aliases: [],
  modelTypes: ['xlm-roberta', 'xlm-roberta-xl', 'xmod'],
  vocabulary: 'sentencepiece',
  specialTokens: robertaTokens,
  maskTakesSpace: true,
  modelInputNames: withoutTypes,
  parts: (settings, { bos, eos, cls, sep }, idOf, charsmap) => ({
    normalizer: charsmap === undefined ? null : { type: 'Precompiled', precompiled_charsmap: charsmap },
    ...spacesToPieces(settings),
    postProcessor: robertaTemplate(bos ?? cls, eos ?? sep, idOf),
  }),
}

/** Every family, by what its tokenizer is called in transformers. */
export const families: readonly TokenizerFamily[] = [
  bert,
  {
    ...bert,
    name: 'distilbert',
    tokenizerClass: 'DistilBertTokenizer',
    aliases: [],
    modelTypes: ['distilbert'],
    modelInputNames: withoutTypes,
  },
  {
    ...bert,
    name: 'mpnet',
    tokenizerClass: 'MPNetTokenizer',
    aliases: [],
    modelTypes: ['mpnet'],
    specialTokens: { ...robertaTokens, unk: '[UNK]' },
    maskTakesSpace: true,
    modelInputNames: withoutTypes,
    parts: (settings, tokens, idOf) => ({
      ...bert.parts(settings, tokens, idOf),
      postProcessor: robertaProcessing(tokens.cls, tokens.sep, idOf, true, false),
    }),
  },
  roberta,
  {
    ...roberta,
    name: 'deberta',
    tokenizerClass: 'DebertaTokenizer',
    aliases: [],
    modelTypes: ['deberta'],
    specialTokens: { ...bertTokens, bos: '[CLS]', eos: '[SEP]' },
    modelInputNames: withTypes,
    parts: ({ addPrefixSpace = false }, { cls, sep }, idOf) => ({
      normalizer: null,
      preTokenizer: byteLevel(addPrefixSpace),
      postProcessor: bertTemplate(cls, sep, idOf),
      decoder: byteLevel(true),
    }),
  },
  xlmRoberta,
  { ...xlmRoberta, name: 'camembert', tokenizerClass: 'CamembertTokenizer', modelTypes: ['camembert'] },
  {
    name: 'albert',
    tokenizerClass: 'AlbertTokenizer',
    aliases: [],
    modelTypes: ['albert', 'yoso'],
    vocabulary: 'sentencepiece',
    specialTokens: { ...bertTokens, unk: '<unk>', pad: '<pad>', bos: '[CLS]', eos: '[SEP]' },
    maskTakesSpace: true,
    modelInputNames: withTypes,
    parts: (settings, { cls, sep }, idOf, charsmap) => ({
      normalizer: sequence('normalizers', [
        { type: 'Replace', pattern: { String: '``' }, content: '"' },
        { type: 'Replace', pattern: { String: "''" }, content: '"' },
        ...(settings.keepAccents === true ? [] : [{ type: 'NFKD' }, { type: 'StripAccents' }]),
        ...(settings.lowercase === false ? [] : [{ type: 'Lowercase' }]),
        ...(charsmap === undefined ? [] : [{ type: 'Precompiled', precompiled_charsmap: charsmap }]),
      ]),
      ...spacesToPieces(settings),
      postProcessor: bertTemplate(cls, sep, idOf),
    }),
  },
  {
    name: 'deberta-v2',
    tokenizerClass: 'DebertaV2Tokenizer',
    aliases: [],
    modelTypes: ['deberta-v2'],
    vocabulary: 'sentencepiece',
    specialTokens: { ...bertTokens, bos: '[CLS]', eos: '[SEP]' },
    maskTakesSpace: false,
    modelInputNames: withTypes,
    // What the sentencepiece model itself does, and transformers 4. Version 5 does not apply the model's own rules.
    parts: (settings, { cls, sep }, idOf, charsmap) => {
      const words = metaspace(settings.addPrefixSpace === false ? 'never' : 'always')
      return {
        normalizer: sequence('normalizers', [
          ...(settings.lowercase === true ? [{ type: 'Lowercase' }] : []),
          { type: 'Strip', strip_left: true, strip_right: true },
          ...(charsmap === undefined ? [] : [{ type: 'Precompiled', precompiled_charsmap: charsmap }]),
          { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' },
        ]),
        preTokenizer: sequence('pretokenizers', [
          ...(settings.splitByPunctuation === true ? [{ type: 'Punctuation', behavior: 'Isolated' }] : []),
          words,
        ]),
        postProcessor: bertTemplate(cls, sep, idOf),
        decoder: words,
      }
    },
  },
]

/** The family of a tokenizer class of transformers, with or without `Fast`. */
export function familyOfClass(tokenizerClass: string): TokenizerFamily | undefined {
  const name = tokenizerClass.replace(/Fast$/, '')
  return families.find((family) => family.tokenizerClass === name || family.aliases.includes(name))
}

/** The family of a `model_type`. */
export function familyOfModelType(modelType: string): TokenizerFamily | undefined {
  return families.find((family) => family.modelTypes.includes(modelType))
}
