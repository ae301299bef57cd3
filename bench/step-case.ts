/** The cases that run whole training steps: bertsmith against PyTorch, round by round on the same batches. */
import { type BatchSource, batchSizes, denseBatches, sst2Batches } from './batches.ts'
import { baseSizes, benchModel, miniSizes } from './classifier.ts'
import { mlmBatches } from './mlm-batches.ts'
import { groupProducts, matrixProducts } from './products.ts'
import { type ProfileSummary, summarizeProfile } from './profile.ts'
import type {
  BenchTask,
  ModelSizes,
  ProductAnswer,
  ProfileAnswer,
  StepAnswer,
  StepBatch,
  StepReady,
  StepSetup,
} from './protocol.ts'
import type { Settings, SideResult, StepCaseName, StepResult } from './results.ts'
import { inThisFolder, Side } from './side.ts'
import { median, sum, summarize } from './statistics.ts'

/** What a case may use of the run. */
export interface RunContext {
  settings: Settings
  /** PyTorch's interpreter. */
  python: string
  /** Folder of the data sets. */
  data: string
  note(text: string): void
  /** Ends the sides. */
  signal: AbortSignal
}

type Measured = Omit<StepResult, 'date' | 'quick' | 'machine' | 'settings'>

/** Steps of the profiled run; the first does not count. */
const profiledSteps = 4

/** What a case is made of. */
interface StepCase {
  task: BenchTask
  sizes(layers: number): ModelSizes
  batches(data: string, count: number, batchSize: number): BatchSource | Promise<BatchSource>
  /** What bertsmith is compared with. */
  precisions: readonly ('fp32' | 'bf16')[]
}

const dense: StepCase = {
  task: 'sequence-classification',
  sizes: baseSizes,
  batches: (_data, count, batchSize) => denseBatches(count, batchSize),
  precisions: ['fp32'],
}
const mlmBase: StepCase = { task: 'masked-lm', sizes: baseSizes, batches: mlmBatches, precisions: ['fp32'] }
const stepCases: Readonly<Record<StepCaseName, StepCase>> = {
  dense,
  sst2: { ...dense, batches: sst2Batches, precisions: ['fp32', 'bf16'] },
  'mlm-mini': { ...mlmBase, sizes: miniSizes },
  'mlm-base': mlmBase,
}

export async function runStepCase(name: StepCaseName, context: RunContext): Promise<Measured> {
  const { settings } = context
  const count = settings.warmup + settings.rounds
  const { task, sizes, precisions, ...given } = stepCases[name]
  const { batches, ...source } = await given.batches(context.data, count, settings.batchSize)
  if (source.notFound) context.note(`${name}: not found: ${source.notFound}; uses ${source.source}`)
  const setup: StepSetup = { task, config: sizes(settings.layers), threads: settings.threads }
  const { sides, missing } = await openSides(precisions, setup, context)
  const answers = await interleave(name, sides, batches, context)
  for (const { side } of sides) await side.close()

  const measured = batches.slice(settings.warmup)
  const tokens = sum(measured.map((batch) => batchSizes(batch).tokens))
  const results = sides.map(({ side, ready }, s): SideResult => {
    const steps = answers[s].slice(settings.warmup)
    const seconds = steps.map((step) => step.seconds)
    return {
      name: side.name,
      ...ready,
      firstLoss: answers[s][0].loss,
      seconds: summarize(seconds),
      tokensPerSecond: tokens / sum(seconds),
      peakBytes: steps.at(-1)!.peakBytes,
    }
  })
  const [ours, ...others] = results
  return {
    case: name,
    ...source,
    batches: measured.map(batchSizes),
    sides: results,
    ratios: others.map(({ name: side, seconds }) => ({
      side,
      times: summarize(seconds.values.map((value, round) => value / ours.seconds.values[round])),
    })),
    missing,
    warnings: differences(results, task === 'masked-lm' ? setup.config.vocab_size : 2),
    profile: await profile(name, setup, measured[0], context),
  }
}

interface OpenSide {
  side: Side
  ready: Exclude<StepReady, { missing: string }>
}

/** Starts bertsmith and, where it can run, PyTorch once for each precision. */
async function openSides(
  precisions: readonly ('fp32' | 'bf16')[],
  setup: StepSetup,
  { python, signal, note }: RunContext,
): Promise<{ sides: OpenSide[]; missing?: string }> {
  const ours = Side.startScript('bertsmith', 'bertsmith-step.ts', signal)
  const sides = [{ side: ours, ready: (await ours.ask<StepReady>(setup)) as OpenSide['ready'] }]
  for (const precision of precisions) {
    const side = Side.start(`PyTorch ${precision}`, python, [inThisFolder('pytorch_step.py')], signal)
    let ready: StepReady
    try {
      ready = await side.ask<StepReady>({ ...setup, precision } satisfies StepSetup)
    } catch (error) {
      if (!side.notStarted || signal.aborted) throw error
      ready = { missing: 'is not a program' }
    }
    if ('missing' in ready) {
      const missing = `${python} ${ready.missing}`
      note(`PyTorch's side does not run: ${missing}. ${howToInstall}`)
      return { sides, missing }
    }
    sides.push({ side, ready })
  }
  return { sides }
}

const howToInstall =
  'To compare, install torch and transformers (python3 -m pip install torch transformers) and name the interpreter ' +
  'with --python or BERTSMITH_PYTHON. Going on with bertsmith alone.'

/** Gives each batch to all sides in turn, in the opposite order every other round. Answers by side, then by batch. */
async function interleave(
  name: string,
  sides: readonly OpenSide[],
  batches: readonly StepBatch[],
  { settings, note }: RunContext,
): Promise<StepAnswer[][]> {
  const answers: StepAnswer[][] = sides.map(() => [])
  for (const [i, batch] of batches.entries()) {
    const order = sides.map((_, s) => (i % 2 === 0 ? s : sides.length - 1 - s))
    for (const s of order) answers[s][i] = await sides[s].side.ask<StepAnswer>(batch)
    const round = i < settings.warmup ? 'warm-up' : `round ${i - settings.warmup + 1} of ${settings.rounds}`
    const times = sides.map(({ side }, s) => `${side.name} ${answers[s][i].seconds.toFixed(2)} s`)
    note(`${name}, ${round}: ${times.join(', ')}`)
  }
  return answers
}

/** Signs that the sides do not do the same work. @param choices what there is to guess from */
function differences(sides: readonly SideResult[], choices: number): string[] {
  const [ours] = sides
  return sides.flatMap(({ name, parameters, threads, firstLoss }) => [
    ...(parameters === ours.parameters ? [] : [`${name} has ${parameters} parameters, bertsmith ${ours.parameters}`]),
    ...(threads === ours.threads ? [] : [`${name} uses ${threads} threads, bertsmith ${ours.threads}`]),
    ...(Math.abs(firstLoss - Math.log(choices)) < 0.25
      ? []
      : [`the first loss of ${name} is ${firstLoss}, far from ln ${choices}`]),
  ])
}

/** A run of its own with the engine's profiler, then each product alone in the same process. */
async function profile(
  name: string,
  setup: StepSetup,
  batch: StepBatch,
  { signal, note }: RunContext,
): Promise<ProfileSummary> {
  note(`${name}: profiled run`)
  const side = Side.startScript('bertsmith, profiled', 'bertsmith-step.ts', signal)
  await side.ask<StepReady>({ ...setup, profile: true } satisfies StepSetup)
  const steps: number[] = []
  for (let i = 0; i < profiledSteps; i++) steps.push((await side.ask<StepAnswer>(batch)).seconds)
  const { events } = await side.ask<ProfileAnswer>({ profile: true })
  const products = matrixProducts(benchModel(setup.task, setup.config), batchSizes(batch))
  const bare = new Map<string, number>()
  for (const { name: product, shape } of groupProducts(products)) {
    const request = { product: shape, repeats: 5, budgetSeconds: 20 }
    const { kernelSeconds } = await side.ask<ProductAnswer>(request)
    bare.set(product, median(kernelSeconds!))
  }
  await side.close()
  return summarizeProfile(events, { steps: steps.slice(1), skip: 1 }, products, bare)
}
