import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { TokenizerError } from '../../core/errors.ts'

/** What a piece is for: `ModelProto.SentencePiece.Type`. */
export type PieceType = 'normal' | 'unknown' | 'control' | 'user-defined' | 'unused' | 'byte'

/** One entry of a sentencepiece vocabulary; its place in the list is its id. */
export interface SentencePiece {
  piece: string
  /** Log probability (Unigram), or minus the rank of its merge (BPE). */
  score: number
  type: PieceType
}

/** The parts of a sentencepiece model that tokenizers need. */
export interface SentencePieceModel {
  modelType: 'unigram' | 'bpe' | 'word' | 'char'
  pieces: SentencePiece[]
  unkId: number
  unkPiece: string
  byteFallback: boolean
  /** The compiled rules of the normaliser (`normalizer_spec.precompiled_charsmap`); empty if it has none. */
  precompiledCharsmap: Uint8Array
}

// Values and field numbers of sentencepiece_model.proto.
const pieceTypes: readonly PieceType[] = ['normal', 'unknown', 'control', 'user-defined', 'unused', 'byte']
const modelTypes = ['unigram', 'bpe', 'word', 'char'] as const
const modelField = { pieces: 1, trainerSpec: 2, normalizerSpec: 3 }
const pieceField = { piece: 1, score: 2, type: 3 }
const trainerField = { modelType: 3, byteFallback: 35, unkId: 40, unkPiece: 45 }
const normalizerField = { precompiledCharsmap: 2 }

/**
 * Reads a sentencepiece model file (`spiece.model`, `sentencepiece.bpe.model`, `spm.model`).
 *
 * @param file its name, for messages
 * @throws TokenizerError `TOKENIZER_FILE` if the bytes are no such model, or are cut off
 */
export function readSentencePieceModel(bytes: Uint8Array, file: string): SentencePieceModel {
  const model: SentencePieceModel = {
    modelType: 'unigram',
    pieces: [],
    unkId: 0,
    unkPiece: '<unk>',
    byteFallback: false,
    precompiledCharsmap: new Uint8Array(0),
  }
  try {
    readMessage(new BinaryReader(bytes), bytes.length, {
      [modelField.pieces]: (reader) => model.pieces.push(readPiece(reader)),
      [modelField.trainerSpec]: (reader) => readTrainerSpec(reader, model),
      [modelField.normalizerSpec]: (reader) =>
        readMessage(reader, reader.uint32(), {
          [normalizerField.precompiledCharsmap]: (inner) => {
            model.precompiledCharsmap = inner.bytes()
          },
        }),
    })
  } catch (cause) {
    throw brokenModel(file, bytes, (cause as Error).message, cause)
  }
  if (model.pieces.length === 0) throw brokenModel(file, bytes, 'it holds no pieces')
  return model
}

function brokenModel(file: string, bytes: Uint8Array, why: string, cause?: unknown): TokenizerError {
  const pointer = new TextDecoder().decode(bytes.subarray(0, 40)).startsWith('version https://git-lfs')
  return new TokenizerError(
    'TOKENIZER_FILE',
    `${file}: no sentencepiece model in its ${bytes.length} bytes (${why}). ` +
      (pointer
        ? 'It is a pointer of Git LFS: fetch the file itself with `git lfs pull`.'
        : 'The file may be truncated: copy or download it again.'),
    { cause },
  )
}

function readPiece(reader: BinaryReader): SentencePiece {
  const piece: SentencePiece = { piece: '', score: 0, type: 'normal' }
  readMessage(reader, reader.uint32(), {
    [pieceField.piece]: (inner) => {
      piece.piece = inner.string()
    },
    [pieceField.score]: (inner) => {
      piece.score = inner.float()
    },
    [pieceField.type]: (inner) => {
      piece.type = pieceTypes[inner.int32() - 1] ?? 'normal'
    },
  })
  return piece
}

function readTrainerSpec(reader: BinaryReader, model: SentencePieceModel): void {
  readMessage(reader, reader.uint32(), {
    [trainerField.modelType]: (inner) => {
      model.modelType = modelTypes[inner.int32() - 1] ?? 'unigram'
    },
    [trainerField.byteFallback]: (inner) => {
      model.byteFallback = inner.bool()
    },
    [trainerField.unkId]: (inner) => {
      model.unkId = inner.int32()
    },
    [trainerField.unkPiece]: (inner) => {
      model.unkPiece = inner.string()
    },
  })
}

/** Reads the fields of the message in the next `length` bytes; unknown fields are skipped. */
function readMessage(
  reader: BinaryReader,
  length: number,
  fields: Record<number, (reader: BinaryReader) => void>,
): void {
  const end = reader.pos + length
  if (end > reader.len) throw new RangeError('it ends in the middle of a field')
  while (reader.pos < end) {
    const [field, wireType] = reader.tag()
    const read = fields[field]
    if (read === undefined) reader.skip(wireType, wireType === WireType.StartGroup ? field : undefined)
    else read(reader)
  }
  if (reader.pos !== end) throw new RangeError('a field is longer than its message')
}

/**
 * The merges of a BPE model, best first: each way to put a piece together from two other pieces, in the order of the scores
 * of the pieces. Same order as `generate_merges` in transformers' convert_slow_tokenizer.py.
 */
export function sentencePieceMerges(pieces: readonly SentencePiece[]): [left: string, right: string][] {
  const idOf = new Map(pieces.map(({ piece }, id) => [piece, id]))
  const merges: { left: string; right: string; score: number; ids: [number, number]; lengths: [number, number] }[] = []
  for (const { piece, score } of pieces) {
    const characters = [...piece]
    const found: typeof merges = []
    let left = ''
    for (let split = 1; split < characters.length; split++) {
      left += characters[split - 1]
      const right = piece.slice(left.length)
      const ids = [idOf.get(left), idOf.get(right)]
      if (ids[0] === undefined || ids[1] === undefined) continue
      const lengths: [number, number] = [split, characters.length - split]
      found.push({ left, right, score, ids: ids as [number, number], lengths })
    }
    merges.push(...found.sort((a, b) => a.ids[0] - b.ids[0] || a.ids[1] - b.ids[1]))
  }
  merges.sort((a, b) => b.score - a.score || b.lengths[0] - a.lengths[0] || b.lengths[1] - a.lengths[1])
  return merges.map(({ left, right }) => [left, right])
}
