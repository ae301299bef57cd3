import { randomBytes } from 'node:crypto'
import { copyFile, mkdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { downloadFile, fileDownloadInfo, getHFHubCachePath, HubApiError, modelInfo } from '@huggingface/hub'
import { TokenizerError } from '../../core/errors.ts'

/** Where a model of the hub is looked for. Defaults come from the environment variables of huggingface_hub. */
export interface HubOptions {
  /** A branch, a tag or a commit. Default `main`. */
  revision?: string
  /** The cache that Python and other tools share. Default: `HF_HUB_CACHE`, or `hub` in `HF_HOME`. */
  cacheDir?: string
  /** Default: `HF_ENDPOINT`, or the public hub. */
  endpoint?: string
  /** For private models. Default: `HF_TOKEN`, or the file that `huggingface-cli login` writes. */
  token?: string
  /** Use only the cache. Default: whether `HF_HUB_OFFLINE` or `TRANSFORMERS_OFFLINE` is set. */
  offline?: boolean
}

const commitPattern = /^[0-9a-f]{40}$/

/** Which files of a model are wanted. */
export interface WantedFiles {
  /** Every file that may be wanted. */
  readonly names: readonly string[]
  /** Those to have, of those that the model has. */
  choose(available: readonly string[]): readonly string[]
  /** Whether the files of the cache will do where the hub cannot be asked for more. */
  isEnough(found: readonly string[]): boolean
}

/**
 * A folder of the shared cache with the wanted files that the model has. Files of the cache are used as they are; only what is
 * missing is downloaded, and what the model does not have is remembered, so that a second call asks the hub nothing.
 *
 * @param id `owner/name`
 * @throws TokenizerError `HUB_MODEL` if the hub does not have or show the model, `HUB_OFFLINE` if it cannot be reached and
 * the cache does not hold enough
 */
export async function hubFiles(id: string, wanted: WantedFiles, options: HubOptions = {}): Promise<string> {
  const { revision = 'main', offline = isSet('HF_HUB_OFFLINE') || isSet('TRANSFORMERS_OFFLINE') } = options
  if (/(^|\/)\.\.?(\/|$)|^\/|\\/.test(revision)) {
    throw new TokenizerError('HUB_MODEL', `${id}: "${revision}" is no branch, tag or commit.`)
  }
  const repo = join(options.cacheDir ?? getHFHubCachePath(), `models--${id.replaceAll('/', '--')}`)
  const cached = await cachedCommit(repo, revision)
  const snapshot = join(repo, 'snapshots', cached ?? '')
  const present = cached === undefined ? [] : await existing(snapshot, wanted.names)
  if (cached !== undefined && wanted.isEnough(present)) {
    const absent = await existing(join(repo, '.no_exist', cached), wanted.names)
    const available = wanted.names.filter((name) => present.includes(name) || !absent.includes(name))
    if (wanted.choose(available).every((name) => present.includes(name))) return snapshot
  }
  try {
    if (offline) throw new OfflineError()
    const commit = await download(id, revision, cached, wanted, repo, options)
    return join(repo, 'snapshots', commit)
  } catch (error) {
    if (cached !== undefined && wanted.isEnough(present)) return snapshot
    if (error instanceof HubApiError && error.statusCode < 500) throw refused(id, revision, error, options)
    throw unreachable(id, revision, error as Error, repo)
  }
}

class OfflineError extends Error {}

/** Downloads the wanted files that the model has and the cache has not. Returns the commit. */
async function download(
  id: string,
  revision: string,
  cached: string | undefined,
  wanted: WantedFiles,
  repo: string,
  options: HubOptions,
): Promise<string> {
  const access = {
    hubUrl: (options.endpoint ?? process.env.HF_ENDPOINT ?? 'https://huggingface.co').replace(/\/+$/, ''),
    accessToken: options.token ?? (await storedToken()),
  }
  const info = await modelInfo({
    name: id,
    revision: cached ?? revision,
    additionalFields: ['sha', 'filePaths'],
    ...access,
  })
  const commit = info.sha
  if (!commitPattern.test(commit)) throw new Error(`the hub gave the commit ${JSON.stringify(commit)}`)
  const listed = new Set(info.filePaths)
  const snapshot = join(repo, 'snapshots', commit)
  await mkdir(snapshot, { recursive: true })
  const present = await existing(snapshot, wanted.names)
  for (const name of wanted.choose(wanted.names.filter((each) => listed.has(each)))) {
    if (!present.includes(name)) {
      await downloadOne({ repo: id, path: name, revision: commit, ...access }, repo, snapshot)
    }
  }
  for (const name of wanted.names) {
    if (listed.has(name)) continue
    const marker = join(repo, '.no_exist', commit, name)
    await mkdir(dirname(marker), { recursive: true })
    await writeFile(marker, '')
  }
  if (!commitPattern.test(revision)) {
    const ref = join(repo, 'refs', revision)
    await mkdir(dirname(ref), { recursive: true })
    await writeBeside(ref, commit)
  }
  return commit
}

async function downloadOne(
  file: { repo: string; path: string; revision: string; hubUrl: string; accessToken?: string },
  repo: string,
  snapshot: string,
): Promise<void> {
  const info = await fileDownloadInfo(file)
  const content = info && (await downloadFile({ ...file, downloadInfo: info }))
  if (!info || !content) throw new Error(`the hub lists ${file.path} but does not give it`)
  const bytes = new Uint8Array(await content.arrayBuffer())
  if (bytes.length !== info.size) {
    throw new Error(`${file.path} came with ${bytes.length} of ${info.size} bytes`)
  }
  const etag = info.etag.replace(/^W\//, '').replaceAll('"', '')
  if (!/^[\w.-]+$/.test(etag)) throw new Error(`the hub gave the ETag ${JSON.stringify(info.etag)}`)
  const blob = join(repo, 'blobs', etag)
  await mkdir(dirname(blob), { recursive: true })
  await writeBeside(blob, bytes)
  const link = join(snapshot, file.path)
  await rm(link, { force: true })
  try {
    await symlink(relative(dirname(link), blob), link)
  } catch {
    await copyFile(blob, link) // no rights to make links, as on Windows
  }
}

async function writeBeside(path: string, content: string | Uint8Array): Promise<void> {
  const beside = `${path}.${randomBytes(4).toString('hex')}.incomplete`
  try {
    await writeFile(beside, content)
    await rename(beside, path)
  } catch (error) {
    await rm(beside, { force: true })
    throw error
  }
}

async function cachedCommit(repo: string, revision: string): Promise<string | undefined> {
  if (commitPattern.test(revision)) return revision
  try {
    const commit = (await readFile(join(repo, 'refs', revision), 'utf8')).trim()
    return commitPattern.test(commit) ? commit : undefined
  } catch {
    return undefined
  }
}

/** Those of `names` that are files in the folder. */
async function existing(folder: string, names: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    names.map((name) =>
      stat(join(folder, name)).then(
        () => true,
        () => false,
      ),
    ),
  )
  return names.filter((_, i) => found[i])
}

async function storedToken(): Promise<string | undefined> {
  if (process.env.HF_TOKEN) return process.env.HF_TOKEN
  if (isSet('HF_HUB_DISABLE_IMPLICIT_TOKEN')) return undefined
  const home = process.env.HF_HOME ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'huggingface')
  try {
    return (await readFile(process.env.HF_TOKEN_PATH ?? join(home, 'token'), 'utf8')).trim() || undefined
  } catch {
    return undefined
  }
}

function isSet(variable: string): boolean {
  return /^(1|on|yes|true)$/i.test(process.env[variable] ?? '')
}

function refused(id: string, revision: string, error: HubApiError, { token }: HubOptions): TokenizerError {
  const advice =
    error.statusCode === 404
      ? `there is no such model or revision. Check the spelling and the revision ("${revision}"); a folder is given as ./${id}.`
      : error.statusCode === 429
        ? 'too many requests: wait a little.'
        : `it does not exist, or it is private or gated: ${
            token || process.env.HF_TOKEN
              ? 'the token must have the right to read it, and its terms must be accepted on its page.'
              : 'set HF_TOKEN to a token that may read it.'
          }`
  return new TokenizerError('HUB_MODEL', `${id}: the hub answered ${error.statusCode}: ${advice}`, { cause: error })
}

function unreachable(id: string, revision: string, error: Error, repo: string): TokenizerError {
  const detail = error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
  const why =
    error instanceof OfflineError ? 'the hub may not be asked (HF_HUB_OFFLINE)' : `the hub cannot be used (${detail})`
  return new TokenizerError(
    'HUB_OFFLINE',
    `${id}: ${why}, and the cache ${dirname(repo)} holds no tokenizer of it at "${revision}". Connect to the network and try ` +
      'again, set HF_ENDPOINT to a mirror, or pass a folder that holds the files.',
    { cause: error },
  )
}
