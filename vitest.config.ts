import { defineConfig } from 'vitest/config'

// `npm test` runs everything but *.slow.test.ts; `npm run test:slow` runs only those.
const slow = process.env.BERTSMITH_SLOW === '1'

export default defineConfig({
  test: {
    pool: 'forks', // onnxruntime's native code breaks typed arrays across realms in vmThreads
    include: slow ? ['{src,test}/**/*.slow.test.ts'] : ['{src,test,bench}/**/*.test.ts'],
    exclude: slow ? [] : ['**/*.slow.test.ts'],
    testTimeout: slow ? 3_600_000 : 120_000,
    hookTimeout: 120_000,
  },
})
