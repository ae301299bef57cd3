import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryFolder } from '../../../test/checkpoint-fixture.ts'
import { createModel, loadModel } from '../../checkpoints/node.ts'
import { ConfigError, DataError } from '../../core/errors.ts'
import { randomStream } from '../../core/random.ts'
import { bertConfig } from '../../models/bert-config.ts'
import { electraConfig, generatorConfig } from '../../models/electra-config.ts'
import { replacedTokenDetection } from '../../models/heads/replaced-token-detection.ts'
import { BertTokenizer } from '../../tokenizers/index.ts'
import { HELD_OUT, type PretrainOptions, pretrain } from './pretrain.ts'

const root = temporaryFolder()
const words = ['the', 'cat', 'dog', 'sees', 'hears', 'a', 'red', 'blue', 'bird', 'house', 'tree', '.']
const tokenizer = new BertTokenizer({ vocab: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...words] })
const sizes = {
  vocabSize: tokenizer.vocabSize,
  hiddenSize: 12,
  numHiddenLayers: 1,
  numAttentionHeads: 3,
  intermediateSize: 17,
  maxPositionEmbeddings: 24,
}

/** Documents of sentences such as `the red cat sees a bird .` */
async function corpus(name: string, documents: number, seed = 1): Promise<string> {
  const random = randomStream(seed, 'corpus')
  const one = (...of: string[]) => of[random.integer(of.length)]
  const sentence = () =>
    `the ${one('red', 'blue')} ${one('cat', 'dog')} ${one('sees', 'hears')} a ${one('bird', 'house', 'tree')} .`
  const text = Array.from({ length: documents }, () => Array.from({ length: 4 }, sentence).join('\n')).join('\n\n')
  const file = join(root, `${name}.txt`)
  await writeFile(file, text)
  return file
}

type Options = Partial<PretrainOptions> & { output: string; corpus: readonly string[] }

async function run(task: 'masked-lm' | 'pretraining' | 'rtd', { args, ...options }: Options, seed = 1) {
  const electra = electraConfig({ ...sizes, embeddingSize: 8 })
  const model =
    task === 'rtd'
      ? await createModel(replacedTokenDetection(generatorConfig(electra, 1 / 3)), 'electra', electra, {
          seed,
          threads: 1,
        })
      : await createModel(task, 'bert', bertConfig(sizes), { seed, threads: 1 })
  const settings = { batchSize: 8, learningRate: 0.01, evalStrategy: 'steps', evalSteps: 10, ...args } as const
  return pretrain({ model, tokenizer, evalShare: 0.1, args: settings, ...options }).finally(() => model.close())
}

const bytes = (folder: string) => readFileSync(join(folder, 'model.safetensors'))

describe('learns a language of 24 sentences', () => {
  test('masked tokens, with perplexity before and after, fill-ins, a report and a model that goes on', async () => {
    const output = join(root, 'mlm')
    const file = await corpus('small', 120)
    const other = await corpus('other', 12, 2)
    const { metrics, comparisons, files } = await run('masked-lm', {
      output,
      corpus: [file],
      evalCorpora: { other: [other] },
      args: { maxSteps: 200, evalSteps: 50 },
    })
    // Nothing known: as unsure as between 17 tokens. The language: half of the words are certain, the others one of 2 or 3.
    expect(comparisons[HELD_OUT].before.perplexity).toBeGreaterThan(14)
    expect(metrics.perplexity).toBeLessThan(3)
    expect(metrics.masked_accuracy).toBeGreaterThan(0.6)
    expect(comparisons.other.after.perplexity).toBeLessThan(3)
    for (const name of files) expect(readdirSync(output)).toContain(name)
    const fillIns = JSON.parse(await readFile(join(output, 'fill-ins.json'), 'utf8'))
    expect(fillIns[0].guesses.map(({ step }: { step: number }) => step)).toEqual([0, 50, 100, 150, 200])
    expect(words).toContain(fillIns[0].answer)
    const html = await readFile(join(output, 'report.html'), 'utf8')
    expect(html).toContain('What it fills in')
    expect(html).toMatch(/perplexity/i)
    const card = await readFile(join(output, 'README.md'), 'utf8')
    expect(card).toContain('pipeline_tag: fill-mask')
    expect(card).toMatch(/\| Perplexity \| \d\.\d{3} \|/)
    expect(card).toContain('(held-out part of small.txt)')
    expect(card).not.toContain(root)

    const model = await loadModel(output, 'masked-lm', { threads: 1 })
    const adapted = join(root, 'adapted')
    const again = await pretrain({
      model,
      tokenizer,
      corpus: [other],
      output: adapted,
      args: { maxSteps: 2 },
      evalShare: 0.2,
    })
    await model.close()
    expect(again.comparisons[HELD_OUT].before.perplexity).toBeLessThan(3)
  })

  test.each(['next-sentence', 'sentence-order'] as const)('masked tokens and %s', async (pairs) => {
    const file = await corpus(`pairs ${pairs}`, 60)
    const { metrics } = await run('pretraining', {
      output: join(root, pairs),
      corpus: [file],
      pairs,
      args: { maxSteps: 20 },
    })
    expect(metrics.loss).toBeCloseTo(metrics.masked_lm_loss + metrics.pair_loss, 10)
    expect(metrics.masked_lm_loss).toBeLessThan(2.5)
    expect(metrics.pair_accuracy).toBeGreaterThanOrEqual(0)
  })

  test('replaced tokens', async () => {
    const file = await corpus('rtd', 60)
    const { metrics, comparisons } = await run('rtd', {
      output: join(root, 'rtd'),
      corpus: [file],
      args: { maxSteps: 30 },
    })
    expect(metrics.loss).toBeLessThan(comparisons[HELD_OUT].before.loss * 0.8)
  })
})

describe('goes on exactly where it was', () => {
  test.each(['masked-lm', 'pretraining', 'rtd'] as const)('%s, stopped at two steps', async (task) => {
    const file = await corpus(`resume ${task}`, 40)
    const args = { maxSteps: 8, saveStrategy: 'steps', saveSteps: 3 } as const
    const whole = join(root, `whole ${task}`)
    await run(task, { output: whole, corpus: [file], args, masking: { kind: 'whole-word' } })
    const folder = join(root, `stopped ${task}`)
    for (const stop of [4, 6, 99]) {
      const controller = new AbortController()
      const { result } = await run(task, {
        output: folder,
        corpus: [file],
        args,
        masking: { kind: 'whole-word' },
        resume: stop !== 4,
        signal: controller.signal,
        onEvent: (event) => {
          if (event.type === 'step' && event.step === stop) controller.abort()
        },
      })
      expect(result.reason).toBe(stop === 99 ? 'finished' : 'aborted')
    }
    expect(bytes(folder).equals(bytes(whole))).toBe(true)
    const fillIns = (at: string) => readFile(join(at, 'fill-ins.json'), 'utf8').catch(() => 'none')
    expect(await fillIns(folder)).toBe(await fillIns(whole))
  })

  test('two phases, stopped in the second', async () => {
    const file = await corpus('phases', 40)
    const phases = [
      { maxLength: 9, share: 0.5 },
      { maxLength: 23, share: 0.5, batchSize: 3 },
    ]
    const tokens: number[] = []
    const options = { corpus: [file], phases, args: { maxSteps: 8 } }
    await run('masked-lm', {
      ...options,
      output: join(root, 'whole phases'),
      onEvent: (event) => {
        if (event.type === 'step') tokens.push(event.tokens)
      },
    })
    // 8 sequences of at most 9 tokens, then 3 of at most 23.
    expect(Math.max(...tokens.slice(0, 4))).toBeLessThanOrEqual(72)
    expect(Math.min(...tokens.slice(0, 4))).toBeGreaterThan(40)
    expect(tokens.slice(4).every((count) => count > 45 && count <= 69)).toBe(true)

    const output = join(root, 'stopped phases')
    const controller = new AbortController()
    await run('masked-lm', {
      ...options,
      output,
      signal: controller.signal,
      onEvent: (event) => {
        if (event.type === 'step' && event.step === 6) controller.abort()
      },
    })
    await run('masked-lm', { ...options, output, resume: true })
    expect(bytes(output).equals(bytes(join(root, 'whole phases')))).toBe(true)
    expect(await readFile(join(output, 'report.html'), 'utf8')).toContain('9 tokens for 0.5 of the run')

    const longer = { ...options, output, resume: true, phases: [{ maxLength: 23, share: 1 }] }
    await expect(run('masked-lm', longer)).rejects.toThrow(/phases/)
  })

  test('another corpus is not resumed', async () => {
    const output = join(root, 'changed')
    const args = { maxSteps: 3, saveStrategy: 'steps', saveSteps: 1 } as const
    await run('masked-lm', { output, corpus: [await corpus('first', 20)], args })
    const second = run('masked-lm', { output, corpus: [await corpus('second', 20, 7)], args, resume: true })
    await expect(second).rejects.toThrow(/other settings[\s\S]*corpus/)
  })
})

describe('refuses, and leaves no run behind,', () => {
  const refused = async (task: 'masked-lm' | 'pretraining', name: string, options: Omit<Options, 'output'>) => {
    const output = join(root, `refused ${name}`)
    const error = await run(task, { ...options, output }).then(
      () => undefined,
      (thrown) => thrown,
    )
    expect(
      readdirSync(root).includes(`refused ${name}`) ? readdirSync(output).filter((f) => f !== 'corpus') : [],
    ).toEqual([])
    return error
  }

  test('a corpus without text', async () => {
    const file = join(root, 'empty.txt')
    await writeFile(file, ' \n\n \n')
    const error = await refused('masked-lm', 'empty', { corpus: [file] })
    expect(error).toBeInstanceOf(DataError)
    expect(error.message).toMatch(/empty\.txt/)
  })

  test('a binary file', async () => {
    const file = join(root, 'binary.txt')
    await writeFile(file, Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0xff, 0xfe, 0, 1, 2))
    const error = await refused('masked-lm', 'binary', { corpus: [file] })
    expect(error).toBeInstanceOf(DataError)
    expect(error.message).toMatch(/binary\.txt/)
  })

  test('one document, which leaves nothing to hold out or to draw a random segment from', async () => {
    const error = await refused('pretraining', 'one', { corpus: [await corpus('one document', 1)] })
    expect(error).toBeInstanceOf(DataError)
    expect(error.message).toMatch(/blank line/)
  })

  test('a tokenizer with more tokens than the model', async () => {
    const larger = new BertTokenizer({ vocab: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', ...words, 'extra'] })
    const error = await refused('masked-lm', 'vocabulary', { corpus: [await corpus('v', 4)], tokenizer: larger })
    expect(error).toBeInstanceOf(ConfigError)
    expect(error.message).toMatch(/18 tokens, the model 17/)
  })

  test('no phases, or phases beside a length', async () => {
    const options = { corpus: [await corpus('p', 4)], output: join(root, 'refused phases') }
    await expect(run('masked-lm', { ...options, phases: [] })).rejects.toThrow(/phases is empty/)
    const phases = [{ maxLength: 8, share: 1 }]
    await expect(run('masked-lm', { ...options, phases, maxLength: 8 })).rejects.toThrow(/contradict/)
    await expect(run('masked-lm', { ...options, phases: [{ maxLength: 25, share: 1 }] })).rejects.toThrow(/3 to 24/)
  })

  test('a folder that holds a run', async () => {
    const output = join(root, 'mlm')
    await mkdir(output, { recursive: true })
    await expect(run('masked-lm', { output, corpus: [await corpus('again', 4)] })).rejects.toThrow(/--overwrite/)
  })
})

test('a corpus that is tokenised stays if the run is stopped, and goes if it is refused', async () => {
  const controller = new AbortController()
  const onProgress: PretrainOptions['onProgress'] = ({ stage }) => stage === 'evaluate' && controller.abort()
  const file = await corpus('stopped', 12)
  const tokens = (output: string) => readdirSync(join(root, output, 'corpus'))
  const options = (output: string) => ({ output: join(root, output), corpus: [file], args: { maxSteps: 2 } })
  const { result } = await run('masked-lm', { ...options('stopped'), onProgress, signal: controller.signal })
  expect(result.reason).toBe('aborted')
  expect(tokens('stopped')).toEqual([expect.stringMatching(/^corpus-\w+\.tokens$/)])

  const kept = tokens('stopped')
  const one = await corpus('single', 1)
  const onwards = { ...options('stopped'), corpus: [one], resume: true }
  await expect(run('masked-lm', onwards)).rejects.toThrow(/of a corpus of one/)
  expect(tokens('stopped')).toEqual(kept)
  await expect(run('masked-lm', { ...options('refused/deep'), corpus: [one] })).rejects.toThrow(/of a corpus of one/)
  expect(existsSync(join(root, 'refused'))).toBe(false)
})

test.skipIf(!existsSync('/proc/self/fd'))('no corpus stays open', async () => {
  const options = { corpus: [await corpus('closed', 8)], evalCorpora: { other: [await corpus('closed too', 4, 2)] } }
  await run('masked-lm', { ...options, output: join(root, 'closed'), evalShare: 0.2, args: { maxSteps: 1 } })
  const target = (name: string) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`)
    } catch {
      return '' // that of readdir itself
    }
  }
  const open = readdirSync('/proc/self/fd').map(target)
  expect(open.filter((path) => path.endsWith('.tokens'))).toEqual([])
})

test('fill-ins of a run that is replaced go, also where the new one has none', async () => {
  const output = join(root, 'replaced')
  const options = { output, corpus: [await corpus('replaced', 20)], args: { maxSteps: 1 } }
  await run('masked-lm', options)
  expect(readdirSync(output)).toContain('fill-ins.json')
  await run('rtd', { ...options, overwrite: true })
  expect(readdirSync(output)).not.toContain('fill-ins.json')
})
