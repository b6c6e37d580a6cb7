import {mkdir, mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join, resolve} from 'node:path'
import {afterAll, describe, expect, test} from 'vitest'
import {parse} from 'yaml'
import {catalogue, type CatalogueVersion} from '../../../src/scopes/catalogue.ts'
import {inferenceOf} from './inference.ts'

const FAMILIES = resolve(import.meta.dirname, '../../corpus/infer-families')

/** A made-up input of a kind that people have, and what is right about it. */
interface Member {
  name: string
  files: Record<string, string>
  version?: CatalogueVersion
  includeTests?: boolean
  /** Each call's route, where one is sure; in the order of the catalogue's words. */
  calls: string[]
  scopes: string[]
  /** What may be a call and was not understood: pieces of what is listed. */
  open?: string[]
  /** What such calls would need on Gitea. */
  suspected?: string[]
}

const files = await readdir(FAMILIES)
const root = await mkdtemp(join(tmpdir(), 'patrol-families-'))
afterAll(() => rm(root, {recursive: true}))

describe.each(files)('%s', async (file) => {
  const members: Member[] = parse(await readFile(join(FAMILIES, file), 'utf8'))

  test('has eight members or more, each by a name of its own', () => {
    expect(new Set(members.map(({name}) => name)).size).toBeGreaterThanOrEqual(8)
  })

  test.each(members.map((member) => [member.name, member] as const))('%s', async (name, member) => {
    const at = join(root, file, name.replaceAll(/\W+/g, '-'))
    for (const [path, text] of Object.entries(member.files)) {
      await mkdir(dirname(join(at, path)), {recursive: true})
      await writeFile(join(at, path), text)
    }
    const {inference, group} = await inferenceOf([at], {
      includeTests: member.includeTests ?? false,
      ...(member.version && {catalogue: await catalogue(member.version)}),
    })
    const uses = [...group.needs.flatMap(({routes}) => routes), ...group.free]
    const {kinds, calls, suspected} = inference.notUnderstood
    const open = kinds.filter(({mayCall}) => mayCall).map(({reason, text}) => `${reason}: ${text}`)
    expect({calls: [...new Set(uses.map((use) => `${use.method} ${use.path}`))].toSorted(), open}).toEqual({
      calls: member.calls.toSorted(),
      open: (member.open ?? []).map((piece) => expect.stringContaining(piece)),
    })
    expect(group.scopes.toSorted()).toEqual(member.scopes.toSorted())
    expect(suspected).toEqual(member.suspected ?? [])
    expect([inference.complete, inference.exit]).toEqual(calls === 0 ? [true, 0] : [false, 5])
  })
})
