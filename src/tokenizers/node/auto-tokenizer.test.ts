import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { AutoTokenizer } from '../node.ts'

const commit = '0123456789abcdef0123456789abcdef01234567'
const vocab = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'the', 'river']
const files: Record<string, string> = {
  'vocab.txt': vocab.join('\n'),
  'tokenizer_config.json': '{"do_lower_case": false}',
  'config.json': '{"model_type": "bert"}',
  'model.safetensors': 'weights',
}
let server: Server
let endpoint: string
let cacheDir: string
let requests: string[] = []

/** Stands for the hub: one public model, `owner/river`, and a gated one. */
beforeAll(async () => {
  server = createServer((request, response) => {
    const url = new URL(request.url!, 'http://localhost')
    requests.push(url.pathname)
    const answer = (status: number, body: string, headers: Record<string, string> = {}) => {
      response.writeHead(status, headers)
      response.end(body)
    }
    const json = { 'Content-Type': 'application/json' }
    if (url.pathname === '/api/models/owner/gated/revision/main') {
      const allowed = request.headers.authorization === 'Bearer hf_secret'
      if (!allowed) return answer(401, '{"error": "Invalid username or password."}', json)
    }
    if (/^\/api\/models\/owner\/(river|gated)\/revision\/(main|v2|0123456789abcdef.*)$/.test(url.pathname)) {
      const siblings = Object.keys(files).map((rfilename) => ({ rfilename }))
      return answer(200, JSON.stringify({ id: 'owner/river', sha: commit, siblings }), json)
    }
    const found = /^\/owner\/(?:river|gated)\/resolve\/([^/]+)\/(.+)$/.exec(url.pathname)
    const content = found?.[1] === commit ? files[found[2]] : undefined
    if (content === undefined) return answer(404, '{"error": "Repository not found"}', json)
    const etag = `"${createHash('sha1').update(content).digest('hex')}"`
    if (request.headers.range === 'bytes=0-0') {
      return answer(206, content.slice(0, 1), {
        ETag: etag,
        'Content-Range': `bytes 0-0/${Buffer.byteLength(content)}`,
      })
    }
    answer(200, content, { ETag: etag })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => new Promise((resolve) => server.close(resolve)))
beforeEach(async () => {
  requests = []
  cacheDir = await mkdtemp(join(tmpdir(), 'hub-'))
  return () => rm(cacheDir, { recursive: true })
})

test('downloads the tokenizer files alone, in the layout of the shared cache, and then asks no more', async () => {
  const tokenizer = await AutoTokenizer.fromPretrained('owner/river', { endpoint, cacheDir })
  expect(tokenizer.encode('the river The').tokens).toEqual(['[CLS]', 'the', 'river', '[UNK]', '[SEP]'])
  expect(requests.some((path) => path.includes('safetensors'))).toBe(false)
  const repo = join(cacheDir, 'models--owner--river')
  expect(await readFile(join(repo, 'refs/main'), 'utf8')).toBe(commit)
  expect((await readdir(join(repo, 'snapshots', commit))).sort()).toEqual([
    'config.json',
    'tokenizer_config.json',
    'vocab.txt',
  ])
  const sha = createHash('sha1').update(files['vocab.txt']).digest('hex')
  expect(await readlink(join(repo, 'snapshots', commit, 'vocab.txt'))).toBe(`../../blobs/${sha}`)
  expect((await readdir(join(repo, 'blobs'))).filter((name) => name.includes('incomplete'))).toEqual([])

  const asked = requests.length
  await AutoTokenizer.fromPretrained('owner/river', { endpoint, cacheDir })
  expect(requests.length).toBe(asked)
  await AutoTokenizer.fromPretrained('owner/river', { cacheDir, revision: commit, offline: true })
})

test('a cache made by hand: what is there is used, what is missing is downloaded', async () => {
  const snapshot = join(cacheDir, 'models--owner--river/snapshots', commit)
  await mkdir(snapshot, { recursive: true })
  await mkdir(join(cacheDir, 'models--owner--river/refs'))
  await writeFile(join(cacheDir, 'models--owner--river/refs/main'), commit)
  await writeFile(join(snapshot, 'vocab.txt'), [...vocab, 'lake'].join('\n'))
  const tokenizer = await AutoTokenizer.fromPretrained('owner/river', { endpoint, cacheDir })
  expect(tokenizer.vocabSize).toBe(8)
  expect(requests.filter((path) => path.includes('/resolve/')).map((path) => path.split('/').at(-1))).toEqual(
    expect.not.arrayContaining(['vocab.txt']),
  )
  expect(tokenizer.encode('The').tokens[1]).toBe('[UNK]') // the settings came from the hub
})

test('without a network the cache is enough', async () => {
  const snapshot = join(cacheDir, 'models--owner--river/snapshots', commit)
  await mkdir(snapshot, { recursive: true })
  await writeFile(join(snapshot, 'vocab.txt'), vocab.join('\n'))
  const options = { endpoint: 'http://127.0.0.1:9', cacheDir, revision: commit }
  expect((await AutoTokenizer.fromPretrained('owner/river', options)).vocabSize).toBe(7)
})

test('another revision, a token, the environment', async () => {
  await AutoTokenizer.fromPretrained('owner/river', { endpoint, cacheDir, revision: 'v2' })
  expect(requests[0]).toBe('/api/models/owner/river/revision/v2')
  expect(
    (await AutoTokenizer.fromPretrained('owner/gated', { endpoint, cacheDir, token: 'hf_secret' })).vocabSize,
  ).toBe(7)
  const before = { ...process.env }
  try {
    Object.assign(process.env, { HF_ENDPOINT: endpoint, HF_HUB_CACHE: join(cacheDir, 'other') })
    await AutoTokenizer.fromPretrained('owner/river')
    expect(await readdir(join(cacheDir, 'other'))).toEqual(['models--owner--river'])
    process.env.HF_HUB_OFFLINE = '1'
    await AutoTokenizer.fromPretrained('owner/river')
    await expect(AutoTokenizer.fromPretrained('owner/lake')).rejects.toThrow(
      expect.objectContaining({ code: 'HUB_OFFLINE', message: expect.stringContaining('HF_HUB_OFFLINE') }),
    )
  } finally {
    for (const key of ['HF_ENDPOINT', 'HF_HUB_CACHE', 'HF_HUB_OFFLINE']) {
      if (before[key] === undefined) delete process.env[key]
      else process.env[key] = before[key]
    }
  }
})

test.each([
  ['owner/unknown', {}, 'HUB_MODEL', 'the hub answered 404: there is no such model or revision'],
  [
    'owner/gated',
    { token: 'hf_wrong' },
    'HUB_MODEL',
    'the hub answered 401: it does not exist, or it is private or gated',
  ],
  ['owner/river', { endpoint: 'http://127.0.0.1:9' }, 'HUB_OFFLINE', 'the hub cannot be used (fetch failed'],
  ['owner/river', { offline: true }, 'HUB_OFFLINE', 'pass a folder that holds the files'],
  ['./no/such/folder', {}, 'TOKENIZER_MISSING', './no/such/folder: no such folder'],
  ['a/b/c', {}, 'TOKENIZER_MISSING', 'no id of a model on the hub either'],
])('%s, %j: %s', async (id, options, code, message) => {
  await expect(AutoTokenizer.fromPretrained(id, { endpoint, cacheDir, ...options })).rejects.toThrow(
    expect.objectContaining({ name: 'TokenizerError', code, message: expect.stringContaining(message) }),
  )
})

test('a folder', async () => {
  await writeFile(join(cacheDir, 'vocab.txt'), vocab.join('\n'))
  expect((await AutoTokenizer.fromPretrained(cacheDir)).vocabSize).toBe(7)
})
