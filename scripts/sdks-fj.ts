import {globSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {operationNamed} from '../src/infer/operations.ts'

/** `EditComment` as a command is typed: `edit-comment`. */
const typed = (name: string): string => name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()

/**
 * The commands of `fj` (`issue create`), from its sources in Rust: no grammar of that language is at hand, so by how its
 * formatter lays them out. Its library names methods after the API's operations.
 */
export function fjCommands(directory: string): Record<string, string[]> {
  const files = globSync('src/**/*.rs', {cwd: directory})
  const texts = new Map(files.map((file) => [file, readFileSync(join(directory, file), 'utf8')]))
  const functions = new Map<string, string>()
  for (const [file, text] of texts) {
    for (const [, name = '', body = ''] of text.matchAll(/^(?:pub )?(?:async )?fn (\w+)[(<]([^]*?)^\}/gm)) {
      functions.set(`${file} ${name}`, body)
      if (!functions.has(name)) functions.set(name, body)
    }
  }
  const routesOf = (file: string, text: string, open: readonly string[]): string[] => {
    const asked = [...text.matchAll(/\.(\w+)\(/g)].flatMap(([, name = '']) => {
      const route = name.includes('_') ? operationNamed(name) : undefined
      return route ? [`${route.method} ${route.path.replaceAll(/\{[^}]*\}/g, '{}')}`] : []
    })
    const used = [...text.matchAll(/(?<![.\w])(?:\w+::)*(\w+)\(/g)].map(([, name = '']) => name)
    const inner = used.flatMap((name) => {
      const body = functions.get(`${file} ${name}`) ?? functions.get(name)
      return body === undefined || open.includes(name) ? [] : routesOf(file, body, [...open, name])
    })
    return [...new Set([...asked, ...inner])].toSorted()
  }

  const table: Record<string, string[]> = {}
  const enumeration = /^pub enum Command \{([^]*?)^\}/m.exec(texts.get('src/main.rs') ?? '')?.[1] ?? ''
  for (const [, name = '', module = ''] of enumeration.matchAll(/^ {4}(\w+)\((\w+)::/gm)) {
    const file = `src/${module}.rs`
    const run = /^ {4}pub async fn run\([^]*?^ {4}\}/m.exec(texts.get(file) ?? '')?.[0] ?? ''
    // What it keeps of its own asks nobody.
    if (/^(?:Auth|Completion)$/.test(name)) continue
    const command = name === 'WhoAmI' ? 'whoami' : typed(name)
    const arms = run.split(/^ {12}(?=[A-Z]\w*(?: \{|\(| =>|::))/m).slice(1)
    if (arms.length === 0) table[command] = routesOf(file, run, [])
    for (const arm of arms) {
      const sub = typed(/^(?:\w+::)?(\w+)/.exec(arm)?.[1] ?? '')
      const inner = arm.split(/^ {16}(?=\w+::[A-Z])/m)
      table[`${command} ${sub}`] = routesOf(file, arm, [])
      for (const each of inner.slice(1))
        table[`${command} ${sub} ${typed(/::(\w+)/.exec(each)?.[1] ?? '')}`] = routesOf(file, each, [])
    }
  }
  return table
}
