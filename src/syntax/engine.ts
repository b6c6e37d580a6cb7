import {existsSync, readFileSync} from 'node:fs'
import {createRequire} from 'node:module'
import {join} from 'node:path'
import {memo} from '../memo.ts'
import type {Language, Parser, Tree} from '@vscode/tree-sitter-wasm'

/** The languages that can be read, by the names of their grammars. */
export type Grammar = 'bash' | 'hcl' | 'typescript' | 'tsx' | 'javascript' | 'python' | 'go'

interface Engine {
  Parser: typeof Parser
  Language: typeof Language
}

const engine = memo(start)
const languages = new Map<Grammar, () => Promise<Language>>()

/**
 * Parses a text. The engine starts with the first call and each grammar is read with its first text; a run that parses
 * nothing pays nothing. The caller deletes the tree.
 *
 * Returns `undefined` where the grammar's own scanner broke down over the text.
 */
export async function parseWith(grammar: Grammar, text: string): Promise<Tree | undefined> {
  const {Parser, Language} = await engine()
  const language =
    languages.get(grammar) ?? memo(() => Language.load(readFileSync(fileOf(`tree-sitter-${grammar}.wasm`))))
  languages.set(grammar, language)
  const parser = new Parser()
  try {
    parser.setLanguage(await language())
    return parser.parse(text) ?? undefined
  } catch (error) {
    if (error instanceof Error && error.name === 'RuntimeError') return undefined
    throw error
  } finally {
    parser.delete()
  }
}

async function start(): Promise<Engine> {
  const loaded: Engine = createRequire(import.meta.url)(fileOf('tree-sitter.js'))
  await loaded.Parser.init({locateFile: (name) => fileOf(name)})
  return loaded
}

/** In a build all files stand in `dist/grammars`, beside the chunks; in the sources they are their packages'. */
function fileOf(name: string): string {
  const built = join(import.meta.dirname, '../grammars', name.replace(/\.js$/, '.cjs'))
  if (existsSync(built)) return built
  const {resolve} = createRequire(import.meta.url)
  return name === 'tree-sitter-hcl.wasm'
    ? resolve('@tree-sitter-grammars/tree-sitter-hcl/tree-sitter-hcl.wasm')
    : resolve(`@vscode/tree-sitter-wasm/wasm/${name}`)
}
