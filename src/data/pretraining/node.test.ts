import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DataError } from '../../core/errors.ts'
import { parquetTexts } from './node/parquet-texts.ts'
import {
  type CorpusOptions,
  createFileTokenStore,
  listCorpusFiles,
  openFileTokenStore,
  openTokenizedCorpus,
  readCorpus,
  type TokenizedCorpusOptions,
} from './node.ts'
import { createMemoryTokenStore } from './token-store.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'corpus-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, content)
  return path
}

/** The paragraphs, those of a document in one list. */
async function documents(paths: string[], options: CorpusOptions = {}): Promise<string[][]> {
  const found: string[][] = []
  for await (const { text, startsDocument } of readCorpus((await listCorpusFiles(paths, options)).files, options)) {
    if (startsDocument) found.push([])
    found[found.length - 1].push(text)
  }
  return found
}

describe('reading', () => {
  const text = ' One. Two.\nThree.\n\n \t\nFour\r\nfive.\n'

  test('txt: documents end at blank lines or with the file; lines are paragraphs or wrapped', async () => {
    const path = write('a.txt', text)
    expect(await documents([path])).toEqual([
      ['One. Two.', 'Three.'],
      ['Four', 'five.'],
    ])
    expect(await documents([path], { documents: 'file' })).toEqual([['One. Two.', 'Three.', 'Four', 'five.']])
    expect(await documents([path], { lines: 'wrapped' })).toEqual([['One. Two. Three.'], ['Four five.']])
    expect(await documents([path], { lines: 'wrapped', documents: 'file' })).toEqual([
      ['One. Two. Three.', 'Four five.'],
    ])
    await expect(documents([path], { lines: 'sentence' as 'wrapped' })).rejects.toThrow(/"paragraph" or "wrapped"/)
  })

  test('jsonl and gz: one document a record, from the field that is named', async () => {
    const records = ['{"body": "A.\\nB."}', '', '{"body": null}', '{"body": "C", "label": [1]}'].join('\n')
    const expected = [['A.', 'B.'], ['C']]
    expect(await documents([write('a.jsonl', records)], { field: 'body' })).toEqual(expected)
    expect(await documents([write('b.JSONL.gz', gzipSync(records))], { field: 'body' })).toEqual(expected)
    expect(await documents([write('c.txt.gz', gzipSync(text))], { documents: 'file' })).toHaveLength(1)
    await expect(documents([join(folder, 'a.jsonl')])).rejects.toThrow(
      /a\.jsonl, row 1: there is no "text"; did you mean|a\.jsonl, row 1: there is no "text"\. The fields are: "body"/,
    )
    await expect(documents([write('d.jsonl', '{"text": 3}')])).rejects.toThrow(/row 1, column "text": expected a text/)
    await expect(documents([write('e.jsonl', '["a"]')])).rejects.toThrow(/expected one JSON object a line/)
  })

  test('folders: in the order of names, at any depth; each file begins a document; others are told', async () => {
    write('in/b.txt', 'b')
    write('in/a/z.jsonl', '{"text": "z"}')
    write('in/.hidden.txt', 'hidden')
    write('in/picture.png', 'x')
    write('in/c.txt', 'c')
    expect(await documents([join(folder, 'in'), write('x.txt', 'x')])).toEqual([['z'], ['b'], ['c'], ['x']])
    expect((await listCorpusFiles([join(folder, 'in')])).skipped).toEqual([join(folder, 'in/picture.png')])
  })

  test.each([
    ['zero bytes', Uint8Array.of(65, 0, 66), 'BINARY_FILE'],
    ['a gzip file without its ending', gzipSync('text'), 'BINARY_FILE'],
    ['Parquet named txt', new TextEncoder().encode('PAR1....'), 'BINARY_FILE'],
    ['Latin-1', Uint8Array.of(99, 97, 102, 0xe9, 32, 65), 'INVALID_UTF8'],
  ])('refuses %s', async (_, content, code) => {
    await expect(documents([write('x.txt', content)])).rejects.toMatchObject({ code, name: 'DataError' })
  })

  test('refuses what is no corpus, with what to do', async () => {
    await expect(documents([])).rejects.toThrow(/give at least one file or folder/)
    await expect(documents([join(folder, 'none.txt')])).rejects.toThrow(/does not exist/)
    await expect(documents([write('x.pdf', '%PDF')])).rejects.toThrow(/x\.pdf: cannot tell the format.*\.parquet/)
    await expect(documents([folder, join(folder, 'x.pdf')])).rejects.toThrow(/no corpus file in this folder/)
    expect(await documents([join(folder, 'x.pdf')], { format: 'txt' })).toEqual([['%PDF']])
  })
})

describe('Parquet, as pyarrow writes it', () => {
  const fixture = (codec: string) => fileURLToPath(new URL(`./node/texts-${codec}.fixture.parquet`, import.meta.url))
  const read = async (path: string, column = 'text') => {
    const found: unknown[] = []
    for await (const { text, source } of parquetTexts(path, column)) found.push([text, source.row])
    return found
  }

  test.each(['none', 'snappy', 'gzip', 'brotli', 'zstd'])('compressed with %s', async (codec) => {
    expect(await read(fixture(codec))).toEqual([
      ['One text.\nTwo lines.', 1],
      ['Grüße, 世界 👍', 4],
      ['the last of five', 5],
    ])
  })

  test('says where something is no text, and which columns there are', async () => {
    await expect(read(fixture('none'), 'number')).rejects.toThrow(/row 1, column "number": expected a text, found a/)
    await expect(read(fixture('none'), 'body')).rejects.toThrow(/no "body". The fields are: "text", "number", "nested"/)
  })

  test('a file that was cut off, that is something else, or is not there', async () => {
    const cut = write('cut.parquet', readFileSync(fixture('none')).subarray(0, 900))
    await expect(read(cut)).rejects.toThrow(/cut\.parquet cannot be read as a Parquet file/)
    await expect(read(write('pdf.parquet', '%PDF'))).rejects.toThrow(DataError)
    await expect(read(join(folder, 'absent.parquet'))).rejects.toThrow(/absent\.parquet cannot be read/)
  })

  test('as a corpus, a row a document', async () => {
    expect(await documents([fixture('zstd')])).toHaveLength(3)
  })
})

describe('a store in a file', () => {
  const sentences: [number[], boolean][] = [
    [[1, 2, 3], true],
    [[4], false],
    [[5, 6], true],
  ]

  test.each([100, 65_536, 65_537, 1 << 20])('reads as the one in memory: vocabulary of %d', (vocabSize) => {
    const path = join(folder, 'a.tokens')
    const file = createFileTokenStore(path, vocabSize)
    const memory = createMemoryTokenStore(vocabSize)
    for (const [ids, starts] of [...sentences, [[vocabSize - 1], false] as [number[], boolean]]) {
      for (const writer of [file, memory]) writer.addSentence(Int32Array.from(ids), starts)
    }
    // More than one chunk, in a sentence that crosses its end.
    const long = Int32Array.from({ length: 600_000 }, (_, t) => t % 100)
    for (const writer of [file, memory]) writer.addSentence(long, true)
    expect(readdirSync(folder)).toEqual([`a.tokens.${process.pid}.tmp`])
    file.finish()
    file.abandon()
    expect(readdirSync(folder)).toEqual(['a.tokens'])
    const store = openFileTokenStore(path)
    const expected = memory.finish()
    const { read: _, close: __, ...parts } = store
    expect(expected).toMatchObject(parts)
    expect([...store.sentenceStarts]).toEqual([0, 3, 4, 6, 7, 600_007])
    expect([...store.documentStarts]).toEqual([0, 2, 4, 5])
    for (const [start, count] of [
      [0, 7],
      [2, 3],
      [262_000, 500],
      [599_000, 1007],
      [5, 600_002],
      [3, 0],
    ]) {
      const [a, b] = [new Int32Array(count + 2), new Int32Array(count + 2)]
      store.read(start, count, a, 1)
      expected.read(start, count, b, 1)
      expect(Buffer.from(a.buffer).equals(Buffer.from(b.buffer))).toBe(true)
    }
    for (const any of [store, expected]) {
      expect(() => any.read(600_000, 8, new Int32Array(8))).toThrow(RangeError)
      expect(() => any.read(-1, 1, new Int32Array(8))).toThrow(RangeError)
    }
    store.close()
    store.close()
  })

  test('has another fingerprint for other tokens, sentences or documents', () => {
    const fingerprint = (parts: [number[], boolean][]) => {
      const writer = createMemoryTokenStore(100)
      for (const [ids, starts] of parts) writer.addSentence(Int32Array.from(ids), starts)
      return writer.finish().fingerprint
    }
    const variants: [number[], boolean][][] = [
      sentences,
      [sentences[0], [[4], true], sentences[2]],
      [[[1, 2], true], [[3, 4], false], sentences[2]],
      [[[1, 3, 2], true], sentences[1], sentences[2]],
    ]
    expect(new Set(variants.map(fingerprint)).size).toBe(4)
    expect(fingerprint(sentences)).toMatch(/^[0-9a-f]{16}$/)
    expect(fingerprint(sentences)).toBe(fingerprint(sentences))
  })

  test('is refused when it is cut off, longer, another file or missing; ids outside the vocabulary too', () => {
    const path = join(folder, 'a.tokens')
    const writer = createFileTokenStore(path, 100)
    for (const [ids, starts] of sentences) writer.addSentence(Int32Array.from(ids), starts)
    expect(() => writer.addSentence(Int32Array.of(100), false)).toThrow(/gave the id 100/)
    writer.finish()
    appendFileSync(path, 'x')
    expect(() => openFileTokenStore(path)).toThrow(/does not end in/)
    truncateSync(path, 20)
    expect(() => openFileTokenStore(path)).toThrow(DataError)
    truncateSync(path, 3)
    expect(() => openFileTokenStore(path)).toThrow(/it has 3 bytes/)
    rmSync(path)
    expect(() => openFileTokenStore(path)).toThrow(/Remove the file/)
    expect(() => createFileTokenStore(join(folder, 'none', 'a'), 9)).toThrow(/cannot be written.*folder exists/)
    expect(() => createMemoryTokenStore(5).finish()).toThrow(/no tokens/)
  })
})

describe('a tokenised corpus', () => {
  /** Letters as tokens. */
  const tokenizer = {
    vocabSize: 128,
    calls: 0,
    encode(text: string) {
      this.calls++
      return { ids: Int32Array.from([...text.replaceAll(' ', '')], (c) => c.charCodeAt(0)) }
    },
  }
  const options = (): TokenizedCorpusOptions => ({
    tokenizer,
    tokenizerIdentity: 'letters',
    cacheFolder: join(folder, 'cache'),
  })
  const corpus = () => write('a.txt', 'It is. So it is!\nYes.\n\n \nNo\n')
  const sentences = ({ store }: Awaited<ReturnType<typeof openTokenizedCorpus>>) =>
    Array.from({ length: store.sentenceStarts.length - 1 }, (_, s) => {
      const ids = new Int32Array(store.sentenceStarts[s + 1] - store.sentenceStarts[s])
      store.read(store.sentenceStarts[s], ids.length, ids)
      return String.fromCharCode(...ids)
    })

  test('has the sentences of each document; a second run reuses it', async () => {
    const path = corpus()
    const progress: number[] = []
    const first = await openTokenizedCorpus([path], {
      ...options(),
      onProgress: ({ tokens, bytesRead, bytesTotal }) => progress.push(tokens, bytesTotal - bytesRead),
    })
    expect(sentences(first)).toEqual(['Itis.', 'Soitis!', 'Yes.', 'No'])
    expect([...first.store.documentStarts]).toEqual([0, 3, 4])
    expect(first.reused).toBe(false)
    expect(progress).toEqual([18, 0])
    tokenizer.calls = 0
    const second = await openTokenizedCorpus([path], { ...options(), locale: 'en', onProgress: () => progress.push(0) })
    expect(second).toMatchObject({ reused: true, path: first.path })
    expect(second.store.fingerprint).toBe(first.store.fingerprint)
    expect([tokenizer.calls, progress.length]).toEqual([0, 2])
    expect(readdirSync(join(folder, 'cache'))).toHaveLength(1)
  })

  test('is made anew for another file, tokenizer or setting, or if it is damaged', async () => {
    const path = corpus()
    const first = await openTokenizedCorpus([path], options())
    for (const change of [
      { tokenizerIdentity: 'other' },
      { sentences: 'line' as const },
      { documents: 'file' as const },
      { lines: 'wrapped' as const },
      { maxSentenceTokens: 3 },
    ]) {
      const other = await openTokenizedCorpus([path], { ...options(), ...change })
      expect(other.reused).toBe(false)
    }
    truncateSync(first.path, 30)
    const again = await openTokenizedCorpus([path], options())
    expect(again).toMatchObject({ reused: false, path: first.path })
    appendFileSync(path, 'more')
    expect((await openTokenizedCorpus([path], options())).reused).toBe(false)
  })

  test('cuts long sentences into equal parts, and takes lines as sentences', async () => {
    const path = write('b.txt', 'abcdefg. Next.\n')
    expect(sentences(await openTokenizedCorpus([path], { ...options(), maxSentenceTokens: 5 }))).toEqual([
      'abcd',
      'efg.',
      'Next.',
    ])
    expect(sentences(await openTokenizedCorpus([path], { ...options(), sentences: 'line' }))).toEqual(['abcdefg.Next.'])
  })

  test('that is stopped or fails leaves nothing; leftovers of killed runs go', async () => {
    const path = write('c.txt', 'One.\n'.repeat(5000))
    const stop = new AbortController()
    const encode = (text: string) => {
      stop.abort()
      return tokenizer.encode(text)
    }
    const slow = { ...tokenizer, encode }
    await expect(
      openTokenizedCorpus([path], { ...options(), tokenizer: slow, signal: stop.signal }),
    ).rejects.toMatchObject({ name: 'AbortError' })
    expect(readdirSync(join(folder, 'cache'))).toEqual([])
    const whole = await openTokenizedCorpus([path], options())
    truncateSync(whole.path, 9)
    const leftover = `${whole.path}.999999999.tmp`
    writeFileSync(leftover, 'half')
    await openTokenizedCorpus([path], options())
    expect(readdirSync(join(folder, 'cache'))).toHaveLength(1)
  })

  test('without text is refused', async () => {
    const path = write('d.txt', ' \n\n')
    await expect(openTokenizedCorpus([path], options())).rejects.toMatchObject({ code: 'EMPTY_CORPUS' })
    await expect(openTokenizedCorpus([path], options())).rejects.toThrow(/d\.txt/)
    await expect(openTokenizedCorpus([path], { ...options(), locale: 'x' })).rejects.toThrow(/language tag/)
    await expect(openTokenizedCorpus([path], { ...options(), cacheFolder: path })).rejects.toMatchObject({
      code: 'CACHE_WRITE',
    })
  })
})
