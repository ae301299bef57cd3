/** The matrix products of an encoder's training step, in TensorFlow.js and in bertsmith's engine. */
import { baseSizes, classifier } from './classifier.ts'
import { groupProducts, matrixProducts, operations, type Product } from './products.ts'
import type { ProductAnswer, ProductRequest } from './protocol.ts'
import type { ProductRow, TfjsResult } from './results.ts'
import { Side } from './side.ts'
import { median, sum } from './statistics.ts'
import type { RunContext } from './step-case.ts'

type Measured = Omit<TfjsResult, 'date' | 'quick' | 'machine' | 'settings'>

interface Ready {
  versions: Record<string, string>
  threads: number
}

/** Longest that one shape may take on one side: some of TensorFlow.js' transposed products take 20 s each. */
const budgetSeconds = 15

export async function runTfjsCase({ settings, signal, note }: RunContext): Promise<Measured> {
  const { batchSize, threads, layers, rounds } = settings
  const ours = Side.startScript('bertsmith', 'bertsmith-products.ts', signal)
  const alone = Side.startScript('bertsmith, one thread', 'bertsmith-products.ts', signal)
  const theirs = Side.startScript('TensorFlow.js', 'tfjs-products.ts', signal)
  const { versions } = await ours.ask<Ready>({ threads })
  await alone.ask<Ready>({ threads: 1 })
  const tfjs = await theirs.ask<Ready>({})

  const sizes = { batch: batchSize, tokens: batchSize * 128, longest: 128 }
  // The first layer of a model of two: all layers have the same products but the last, which runs on fewer rows here and on
  // all in TensorFlow.js. LayerNorm's means of rows, which are written as products with a constant column, are left out.
  const layer = matrixProducts(classifier(baseSizes(2)), sizes).filter(
    ({ scope, n }) => /\.layer\.0(\.|$)/.test(scope) && n > 1,
  )
  const products: ProductRow[] = []
  for (const { name, shape, members } of groupProducts(layer)) {
    const time = async (side: Side, product: Product) => {
      const request = { product, repeats: rounds, budgetSeconds } satisfies ProductRequest
      return median((await side.ask<ProductAnswer>(request)).seconds)
    }
    const row: ProductRow = {
      product: name,
      count: members.length,
      operations: operations(shape),
      bertsmith: await time(ours, shape),
      bertsmithOneThread: await time(alone, shape),
      tfjs: await time(theirs, { ...shape, transA: false, transB: false }),
    }
    const trained = asTfjsTrains(shape)
    if (trained.transA || trained.transB) row.tfjsTransposed = await time(theirs, trained)
    const slow = row.tfjsTransposed === undefined ? '' : ` (as it trains ${row.tfjsTransposed.toFixed(3)} s)`
    note(`tfjs, ${name}: bertsmith ${row.bertsmith.toFixed(3)} s, TensorFlow.js ${row.tfjs.toFixed(3)} s${slow}`)
    products.push(row)
  }
  for (const side of [ours, alone, theirs]) await side.close()
  const total = (seconds: (row: ProductRow) => number) => layers * sum(products.map((row) => row.count * seconds(row)))
  return {
    case: 'tfjs',
    versions: { ...versions, ...tfjs.versions },
    tfjsThreads: tfjs.threads,
    sizes,
    products,
    total: {
      bertsmithSeconds: total((row) => row.bertsmith),
      bertsmithOneThreadSeconds: total((row) => row.bertsmithOneThread),
      tfjsSeconds: total((row) => row.tfjs),
      tfjsTransposedSeconds: total((row) => row.tfjsTransposed ?? row.tfjs),
    },
  }
}

/**
 * A product as TensorFlow.js' layers and gradients ask for it. Its linear layers store weights as [in, out], so that
 * `x W` transposes nothing, but their gradients are `dY Wᵀ` and `xᵀ dY`. Attention's products are the same as here.
 */
export function asTfjsTrains(product: Product): Product {
  if (product.batch > 1 || product.transA) return product
  return { ...product, transB: !product.transB }
}
