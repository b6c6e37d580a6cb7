import {existsSync, readFileSync} from 'node:fs'
import {createRequire} from 'node:module'
import {join} from 'node:path'
import {setFlagsFromString} from 'node:v8'
import {memo} from '../memo.ts'
import type {Language, Parser, Tree} from '@vscode/tree-sitter-wasm'

/** The languages that can be read, by the names of their grammars. */
export type Grammar = 'bash' | 'hcl' | 'typescript' | 'tsx' | 'javascript' | 'python' | 'go'

interface Engine {
  Parser: typeof Parser
  Language: typeof Language
  /** Those that were read so far. */
  languages: Map<Grammar, () => Promise<Language>>
}

/**
 * How much of a parser runs before V8 compiles it again for speed, in bytes of its code; V8's own is 13 million. A process
 * ends only when such a compilation is done, which takes three times as long as to read a file does, and the few files of
 * most runs are read before it pays.
 */
const WASM_TIERING_BUDGET = 50_000_000

let engine = memo(start)

/**
 * What `read` makes of a text's tree, which is freed then. The engine starts with the first call and each grammar is read with
 * its first text; a run that parses nothing pays nothing.
 *
 * Returns `undefined` where the grammar's own scanner broke down over the text. The next text gets a fresh engine: of one that
 * broke down the memory is in no known state, and it would read other texts wrongly without a word.
 */
export async function parseWith<T>(grammar: Grammar, text: string, read: (tree: Tree) => T): Promise<T | undefined> {
  const running = engine
  const {Parser, Language, languages} = await running()
  const load = languages.get(grammar) ?? memo(() => Language.load(readFileSync(fileOf(`tree-sitter-${grammar}.wasm`))))
  languages.set(grammar, load)
  const language = await load()
  // Another text may have broken it meanwhile.
  if (running !== engine) return parseWith(grammar, text, read)
  try {
    const parser = new Parser()
    const tree = parser.setLanguage(language).parse(text)
    const made = tree ? read(tree) : undefined
    tree?.delete()
    parser.delete()
    return made
  } catch (error) {
    engine = memo(start)
    if (error instanceof Error && error.name === 'RuntimeError') return undefined
    throw error
  }
}

/** A fresh one, whatever was loaded before. */
async function start(): Promise<Engine> {
  setFlagsFromString(`--wasm-tiering-budget=${WASM_TIERING_BUDGET}`)
  const file = fileOf('tree-sitter.js')
  const load = createRequire(import.meta.url)
  delete load.cache[file]
  const loaded: Omit<Engine, 'languages'> = load(file)
  await loaded.Parser.init({locateFile: (name) => fileOf(name)})
  return {Parser: loaded.Parser, Language: loaded.Language, languages: new Map()}
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
