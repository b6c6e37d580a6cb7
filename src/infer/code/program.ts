import type {SyntaxNode, Tree} from '../../syntax/index.ts'
import {parse} from '../../syntax/index.ts'
import {bindingsOf} from './bindings.ts'
import {callsIn} from './calls.ts'
import {importsOf} from './imports.ts'
import {namesOf, type Names, type ProgramFile} from './linked.ts'
import {originsOf, type Origins} from './origins.ts'
import type {Resolve, Source} from './sources.ts'
import {valuesOf, type Values} from './values.ts'

/** Files that are read together. */
export interface Program {
  units: readonly ProgramFile[]
  /** All calls, file by file. */
  calls: readonly SyntaxNode[]
  names: Names
  values: Values
  origins: Origins
  /** Whether it speaks of Gitea at all. */
  gitea: boolean
}

/** Reads the files of a program. */
export async function programOf(sources: readonly Source[], resolve: Resolve): Promise<Program> {
  const units = await Promise.all(sources.map(unitOf))
  const calls = units.flatMap(({root}) => callsIn(root))
  const names = namesOf(units, resolve)
  const gitea = sources.some(({file, text}) => /gitea|forgejo/i.test(`${file}\n${text}`))
  return {units, calls, names, values: valuesOf(names), origins: originsOf(names, calls), gitea}
}

async function unitOf(source: Source): Promise<ProgramFile> {
  const {language, file, text} = source
  const root: Tree = await parse(language === 'typescript' && /\.[jt]sx$/i.test(file) ? 'tsx' : language, text)
  return {source, root, bindings: bindingsOf(root, language === 'python'), imports: importsOf(root)}
}
