/** What an architecture and a head have to say for themselves; shared code asks these, never which model it has. */
import type { Value } from '../graph/graph.ts'
import type { ParameterShape } from '../runtime/parameter-layout.ts'
import type { BatchInputs } from './batch-inputs.ts'
import type { LongTexts } from './long-texts.ts'
import type { LossOptions } from './loss-options.ts'
import type { ModelScope } from './model-scope.ts'

/** A parameter and how it starts out. */
export interface ParameterSpec extends ParameterShape {
  /**
   * `normal`: truncated normal with the config's initialiser range; `zeros`; `ones`; `kaiming`: uniform within 1 / sqrt(in) of a
   * matrix [out, in], as PyTorch's linear layers.
   */
  readonly init: 'normal' | 'zeros' | 'ones' | 'kaiming'
  /** Whether it is the matrix of a linear layer, which an adapter can stand beside; default false. */
  readonly isLinear?: boolean
  /** Whether it is never trained; default false. */
  readonly isFrozen?: boolean
}

/** How a sequence classifier's outputs are meant, under config.json's names. */
export type ProblemType = 'regression' | 'single_label_classification' | 'multi_label_classification'

/** The settings that every encoder has, under the names of Hugging Face's config.json in TypeScript's case. */
export interface EncoderConfig {
  readonly modelType: string
  readonly vocabSize: number
  readonly hiddenSize: number
  readonly numHiddenLayers: number
  readonly numAttentionHeads: number
  readonly intermediateSize: number
  readonly maxPositionEmbeddings: number
  readonly initializerRange: number
  readonly padTokenId: number
  /** Segments that the model tells apart; absent if it has none. */
  readonly typeVocabSize?: number
  /** Names of the classes, in the order of their ids. */
  readonly labels: readonly string[]
  /** Matters to sequence classification alone. */
  readonly problemType: ProblemType
  /** How a sequence classifier reads texts that are longer than a window. Absent: they are cut. */
  readonly longTexts?: LongTexts
}

/** What transformers takes outputs for unless config.json says more: one is a number to be met, several are classes. */
export const defaultProblemType = (labels: readonly string[]): ProblemType =>
  labels.length === 1 ? 'regression' : 'single_label_classification'

/** What an encoder computes. N tokens, B sequences, T longest, H hidden, A heads. */
export interface EncoderOutput {
  /** [N, H], or the wanted rows of it: [R, H] */
  last: Value
  /** Embeddings and each layer's output: numHiddenLayers + 1 times [N, H]. */
  hiddenStates: readonly Value[]
  /** Each layer's attention probabilities: [B, A, T, T]; cells of padding mean nothing. */
  attentions: readonly Value[]
}

/** A model family: one object in one file, found by its `modelType` in the registry. */
export interface Architecture<C extends EncoderConfig = EncoderConfig> {
  readonly modelType: C['modelType']
  /** In front of Hugging Face's class names, e.g. `Bert` for `BertForSequenceClassification`. */
  readonly classPrefix: string
  /** In front of the encoder's parameter names, e.g. `bert`. */
  readonly prefix: string
  /** Reads its own keys of config.json. @throws ConfigError naming file and key */
  readConfig(json: Record<string, unknown>, where: string, labels: readonly string[]): C
  /** Writes what config.json holds, without the parts that every architecture shares. */
  writeConfig(config: C): Record<string, unknown>
  /** The encoder's parameters in checkpoint order, names without the prefix. */
  parameters(config: C): ParameterSpec[]
  /**
   * The encoder layer that a parameter belongs to: 0 for the first, -1 for what is below it, such as embeddings; absent for
   * what is above the layers. @param name without the prefix
   */
  layerOf(name: string): number | undefined
  /**
   * Builds the encoder.
   * @param rows int32 [R]: the rows of the last layer's output that are wanted, so that it need not compute the others;
   * default all
   */
  encode(scope: ModelScope, config: C, batch: BatchInputs, rows?: Value): EncoderOutput
  /** A vector for the whole sequence from its first token, where the encoder has one of its own. */
  readonly pooler?: {
    parameters(config: C): ParameterSpec[]
    /** first: [B, H] -> [B, H] */
    build(scope: ModelScope, config: C, first: Value): Value
  }
  /** Probability of dropout in front of classifiers. */
  classifierDropout(config: C): number
  /** From the first token to logits of classes; full names. `scope` is the model's root. */
  readonly classifier: {
    parameters(config: C): ParameterSpec[]
    /** The vector that the last layer reads, before its dropout: first [B, H] -> [B, H]. */
    vectors(scope: ModelScope, config: C, first: Value): Value
    /** Dropout and the last layer: vectors [E, H], of sequences or of texts in several windows -> [E, C]. */
    logits(scope: ModelScope, config: C, vectors: Value): Value
  }
  /** From the first token to one number, which is compared among the choices of an example; full names. */
  readonly choiceScorer: {
    parameters(config: C): ParameterSpec[]
    /** first: [B, H] -> [B, 1]. `scope` is the model's root. */
    build(scope: ModelScope, config: C, first: Value): Value
  }
  /** From hidden vectors to vectors that are compared with the word embeddings, and what follows. */
  readonly languageModelHead: {
    parameters(config: C): ParameterSpec[]
    /** Tensors that transformers' module has as copies of parameters, by name: those that it ties to others. */
    readonly tied: Readonly<Record<string, string>>
    /** hidden: [M, H] -> logits [M, V]. `scope` is the model's root. */
    build(scope: ModelScope, config: C, hidden: Value): Value
  }
  /** Tensors that a checkpoint may hold besides the parameters: copies of tied weights, constant buffers. */
  readonly ignorableTensors: readonly RegExp[]
}

/** A task's part of a model. */
export interface Head {
  readonly task: string
  /** The architectures that have this head; default all. */
  readonly modelTypes?: readonly string[]
  /** How many logits a row there are, whatever classes the config names; default one a class. */
  readonly outputs?: number
  /** Whether the config's `problemType` and `longTexts` matter; default false. */
  readonly hasProblemType?: boolean
  /** How many classes the config must name, of a head that has one logit for each; absent for others. */
  leastClasses?(config: EncoderConfig): number
  /** Whether labels are token ids rather than classes; default false. */
  readonly labelsAreTokens?: boolean
  /** Whether `build` gives `pairLogits`; default false. */
  readonly hasPairLogits?: boolean
  /** Behind the architecture's class prefix, e.g. `ForSequenceClassification`. */
  readonly classSuffix: string
  /** Full names of the head's parameters, with the pooler's if the head uses it. */
  parameters(architecture: Architecture, config: EncoderConfig): ParameterSpec[]
  /** The rows of the encoder's output that the head reads: int32 [R]; absent if it reads all. */
  rows?(batch: BatchInputs): Value
  /** The same head for another vocabulary, where it knows the size itself, as of a generator of its own; absent if it does not. */
  withVocabulary?(vocabSize: number): Head
  /** What comes before the encoder, which then runs on the batch that this returns. */
  before?(scope: ModelScope, architecture: Architecture, config: EncoderConfig, batch: BatchInputs): BeforeEncoder
  /** Adds the head. hidden: [R, H], the rows that it reads */
  build(
    scope: ModelScope,
    architecture: Architecture,
    config: EncoderConfig,
    hidden: Value,
    batch: BatchInputs,
    before?: BeforeEncoder,
  ): HeadOutput
}

/** What a head's `before` hands on to its `build`, and the batch for the encoder. */
export interface BeforeEncoder {
  batch: BatchInputs
}

export interface HeadOutput {
  logits: Value
  /** Whether the second segment follows the first: [B, 2] */
  pairLogits?: Value
  /** Builds the loss, a scalar: sums over the batch's labels, each times the input `lossScale(kind)`. */
  loss?(options?: LossOptions): Value
  /** Whether the loss heeds the options; default false. */
  takesLossOptions?: boolean
}
