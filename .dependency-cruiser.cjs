// The layers of src/: a folder may import from the folders before it in this list, never from a later one.
const layers = [
  'core',
  'graph',
  'runtime',
  'tokenizers',
  'data',
  'models',
  'checkpoints',
  'training',
  'pipelines',
  'cli',
]

/** One rule a layer: nothing in it may import a later layer. */
const layerRules = layers.slice(0, -1).map((layer, index) => ({
  name: `layer-${layer}`,
  comment: `src/${layer} may import only ${layers.slice(0, index + 1).join(', ')}`,
  severity: 'error',
  from: { path: `^src/${layer}/`, pathNot: '\\.test\\.ts$' },
  to: { path: `^src/(${[...layers.slice(index + 1), 'index\\.ts'].join('|')})` },
}))

module.exports = {
  forbidden: [
    ...layerRules,
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'onnxruntime-only-in-runtime',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/runtime/|\\.test\\.ts$' },
      to: { path: 'onnxruntime' },
    },
    {
      name: 'node-only-at-the-edge',
      comment: 'everything else must run in a browser',
      severity: 'error',
      from: { path: '^src/', pathNot: '(^src/(cli|server)/|/node\\.ts$|/node/|\\.test\\.ts$|^src/index\\.ts$)' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'not-to-dev-dependency',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.(test|samples)\\.ts$' },
      to: { dependencyTypes: ['npm-dev'], pathNot: '@types/' },
    },
    { name: 'not-to-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
}
