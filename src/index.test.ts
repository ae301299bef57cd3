import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, test } from 'vitest'

/** What users are handed but neither make nor look into: the graph's, the engine's and the tokenizer's inside. */
const opaque = [
  'Architecture',
  'CreateEngine',
  'EncodingLayout',
  'EncodingSource',
  'Engine',
  'Head',
  'LossScales',
  'ParameterLayout',
  'TextPipeline',
  'TokenModel',
  'TrainableModel',
  'Value',
]

const checkout = fileURLToPath(new URL('..', import.meta.url))
/** Declarations are only in memory, in a folder that need not be there. */
const outDir = resolve(checkout, 'declarations')

/** A program of the declarations that the build would write, in which inferred types are spelled out. */
function declarations(): { program: ts.Program; entry: ts.SourceFile } {
  const { config } = ts.readConfigFile(resolve(checkout, 'tsconfig.json'), ts.sys.readFile)
  const { compilerOptions } = config
  const { options } = ts.parseJsonConfigFileContent({ compilerOptions, files: ['src/index.ts'] }, ts.sys, checkout)
  const files = new Map<string, string>()
  const rootDir = resolve(checkout, 'src')
  const emitOptions = {
    ...options,
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    noCheck: true,
    outDir,
    rootDir,
  }
  const sources = ts.createProgram([resolve(rootDir, 'index.ts')], emitOptions)
  sources.emit(undefined, (name, text) => files.set(resolve(name), text), undefined, true)

  const host = ts.createCompilerHost(options)
  const { fileExists, readFile } = host
  host.fileExists = (name) => files.has(resolve(name)) || fileExists(name)
  host.readFile = (name) => files.get(resolve(name)) ?? readFile(name)
  host.directoryExists = undefined // folders in memory are there too
  const path = resolve(outDir, 'index.d.ts')
  const program = ts.createProgram([path], { ...options, noCheck: true }, host)
  return { program, entry: program.getSourceFile(path)! }
}

/** The name that a node refers to a type or value by. */
function referredName(node: ts.Node): ts.Node | undefined {
  if (ts.isTypeReferenceNode(node)) return node.typeName
  if (ts.isExpressionWithTypeArguments(node)) return node.expression
  if (ts.isTypeQueryNode(node)) return node.exprName
  if (ts.isImportTypeNode(node)) return node.qualifier
  return undefined
}

test('every type that a public signature leads to is exported', () => {
  const { program, entry } = declarations()
  const checker = program.getTypeChecker()
  const resolved = (symbol: ts.Symbol) =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
  const exported = new Set(checker.getExportsOfModule(checker.getSymbolAtLocation(entry)!).map(resolved))
  expect(exported.size).toBeGreaterThan(150)

  const missing: string[] = []
  const reached = new Set<string>()
  const seen = new Set<ts.Symbol>()
  const visit = (symbol: ts.Symbol, from: string) => {
    const declaration = symbol.declarations?.[0]
    if (!declaration || seen.has(symbol) || !resolve(declaration.getSourceFile().fileName).startsWith(outDir)) return
    seen.add(symbol)
    reached.add(symbol.name)
    if (opaque.includes(symbol.name)) return
    // A name that its own file keeps to itself cannot be exported; what it stands for is looked at.
    const isNamed = Boolean(ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Export)
    const isType = symbol.flags & ts.SymbolFlags.Type && !(symbol.flags & ts.SymbolFlags.TypeParameter)
    if (isNamed && isType && !exported.has(symbol)) missing.push(`${symbol.name}, of ${from}`)
    for (const each of symbol.declarations ?? []) walk(each, symbol.name)
  }
  const walk = (node: ts.Node, from: string): void => {
    const isPrivate =
      ts.canHaveModifiers(node) && node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword)
    if (isPrivate) return
    const name = referredName(node)
    const symbol = name && checker.getSymbolAtLocation(name)
    if (symbol) visit(resolved(symbol), from)
    ts.forEachChild(node, (child) => walk(child, from))
  }
  for (const symbol of exported) visit(symbol, 'index.ts')

  expect(missing).toEqual([])
  expect(opaque.filter((name) => !reached.has(name))).toEqual([])
})
