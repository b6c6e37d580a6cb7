import {globSync, readFileSync, writeFileSync} from 'node:fs'
import {dirname, join, resolve} from 'node:path'
import {format} from 'oxfmt'

/**
 * Makes the table of the flags that tea's commands take, from checkouts of its releases:
 * `node scripts/tea-flags.ts 0.9.2=DIR 0.10.1=DIR 0.11.1=DIR main-of-2026-05-10=DIR`. Go is read by how its formatter lays it out.
 * Nothing is kept but names: `--title= -t=` where a value follows, `--closed` where none does.
 */
const TABLE = resolve(import.meta.dirname, '../src/lint/rules/tea-flags.json')

/** A variable or function of Go's: what is written of it, and the package where its names are looked up. */
interface Definition {
  readonly text: string
  readonly home: string
}

/** All definitions of a release by package and name: `flags.LoginFlag`. */
function definitionsOf(directory: string): Map<string, Definition> {
  const found = new Map<string, Definition>()
  for (const file of globSync('{main.go,{cmd,docs,modules/debug}/**/*.go}', {cwd: directory})) {
    if (file.endsWith('_test.go')) continue
    const text = readFileSync(join(directory, file), 'utf8')
      .replaceAll(/`[^`]*`/g, '""')
      .replaceAll(/^\s*\/\/.*/gm, '')
    const home = /^package (\w+)/m.exec(text)?.[1] ?? dirname(file)
    for (const whole of text.split(/^(?=\w)/m)) {
      const [, name] = /^(?:var|func) (\w+)/.exec(whole) ?? []
      if (name !== undefined) found.set(`${home}.${name}`, {text: whole, home})
    }
  }
  return found
}

/** A field of the outermost struct that has a name, as Go's formatter writes it: its line, and all lines further in. */
function field(text: string, name: string): string {
  const depth = /^(\t+)Name:/m.exec(text)?.[1]
  return new RegExp(String.raw`^${depth}${name}:.*(?:\n(?:${depth}[\t)}\]].*)?)*`, 'm').exec(text)?.[0] ?? ''
}

const quoted = (text: string): string[] => [...text.matchAll(/"([^"]*)"/g)].map(([, word = '']) => word)

/** The tables of one release: commands as `issues|issue|i create|c`, and what each takes. */
function commandsOf(directory: string): Map<string, Set<string>> {
  const all = definitionsOf(directory)
  const table = new Map<string, Set<string>>()
  const referred = (text: string, home: string): {name: string; definition: Definition}[] =>
    [...text.matchAll(/(?:\b(\w+)\.)?\b([A-Za-z]\w+)\b/g)].flatMap(([, owner = home, own = '']) => {
      const name = `${owner}.${own}`
      const definition = all.get(name)
      return definition ? [{name, definition}] : []
    })

  const flagsIn = (text: string, home: string, open: readonly string[] = []): string[] => {
    const own = [
      ...text.matchAll(/cli\.(\w*)Flag\{\s*Name:\s*"([^"]+)",(?:\s*Aliases:\s*\[\]string\{([^}]*)\})?/g),
      ...[...text.matchAll(/NewCsvFlag\(\s*"([^"]+)",\s*"[^"]*",\s*(?:\[\]string\{([^}]*)\})?/g)].map(
        ([whole, name, aliases]) => [whole, 'Csv', name, aliases] as const,
      ),
    ]
    const given = own.flatMap(([, type, name = '', aliases = '']) =>
      [name, ...quoted(aliases)]
        .filter(Boolean)
        .map((each) => `${each.length > 1 ? '--' : '-'}${each}${type === 'Bool' ? '' : '='}`),
    )
    const further = referred(text, home)
      .filter(({name}) => !open.includes(name) && !name.endsWith('.NewCsvFlag'))
      .flatMap(({name, definition}) => {
        // `CmdIssuesList.Flags` of another command.
        const isCommand = /= &?cli\.Command\{/.test(definition.text)
        return flagsIn(isCommand ? field(definition.text, 'Flags') : definition.text, definition.home, [...open, name])
      })
    return [...given, ...further]
  }

  const add = ({text, home}: Definition, above: readonly string[]): void => {
    const [name = ''] = quoted(field(text, 'Name'))
    const own = [...above, [name, ...quoted(field(text, 'Aliases'))].join('|')]
    const key = own.join(' ')
    const below = field(text, '(?:Commands|Subcommands)')
    // Commands that stand in no variable have flags of their own, which are nobody's concern.
    const flags = /\bName:/.test(below) ? ['…'] : flagsIn(field(text, 'Flags'), home)
    table.set(key, (table.get(key) ?? new Set()).union(new Set(flags)))
    for (const {definition} of referred(below, home)) add(definition, own)
  }
  const app = [...all].find(([, {text}]) => /^\t+(?:Commands:|app\.Commands =)/m.test(text) && text.includes('"tea"'))
  if (!app) throw new Error(`no commands of tea's are in ${directory}`)
  const [, {text, home}] = app
  const list = field(text, 'Commands') || (/^\tapp\.Commands = [^]*?^\t\}/m.exec(text)?.[0] ?? '')
  for (const {definition} of referred(list, home)) add(definition, [])
  return table
}

const releases = process.argv.slice(2).map((arg) => arg.split('='))
const commands = new Map<string, Set<string>>()
for (const [, directory = ''] of releases)
  for (const [key, flags] of commandsOf(resolve(directory)))
    commands.set(key, (commands.get(key) ?? new Set()).union(flags))
const sorted = [...commands].toSorted(([a], [b]) => (a < b ? -1 : 1))
const table = {
  releases: releases.map(([name = '']) => name.replace(/(?<=[a-z])-|-(?=\d{4})/g, ' ')),
  commands: Object.fromEntries(sorted.map(([key, flags]) => [key, [...flags].toSorted().join(' ')])),
}
const {code} = await format('tea-flags.json', JSON.stringify(table, null, 2), {printWidth: 120})
writeFileSync(TABLE, code)
process.stdout.write(`tea-flags.json: ${commands.size} commands\n`)
