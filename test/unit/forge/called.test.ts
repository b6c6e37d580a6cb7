import {globSync, readFileSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {expect, test} from 'vitest'

const root = resolve(import.meta.dirname, '../../..')

/** A line of code with a text that a person may read and that names Gitea: comments, imports, our own class and headers (X-Gitea-OTP) aside. */
const NAMES_GITEA = /['"`>](?:[^'"`]|(?<=\w)'(?=\w))*(?<!\bX-)\bGitea\b/
const CODE = /^\s*(?:\*|\/\/|\/\*\*)|\bimport\b|class Gitea|<Gitea>|new Gitea\(|: Gitea\b/
/** A fact about Gitea's releases, or about both forges. */
const FACT =
  /\bGitea (?:or|and|has been) (?:\w+ )?Forgejo|Gitea's or Forgejo's|\bGitea (?:of |tells |lists )?\S*\d|of Gitea (?:from )?\d/

/** Texts that name it besides, and why they may. */
const MAY: readonly (readonly [file: string, text: string, why: string])[] = [
  ['forge.ts', "gitea: 'Gitea'", 'the one place that says what a forge is called'],
  ['probe/confinement.ts', 'a Gitea that tells scopes', 'no Forgejo tells them'],
  ['fleet/rules.ts', 'Gitea tells last-used from 1.24', 'a fact about it'],
  ['lint/rules/prose.ts', 'Gitea has no', 'what others write'],
  ['lint/rules.ts', 'Gitea’s source', 'the files that are compared are its own'],
  ['commands/rotate.ts', 'Gitea tokens', 'what patrol is there for, by the name that most call it'],
  ['commands/revoke.ts', 'Gitea tokens', 'the same'],
  ['commands/mint.ts', 'Gitea token', 'the same'],
  ['commands/probe.ts', 'Gitea token', 'the same'],
  ['commands/explain.ts', 'the Gitea API', 'the same'],
  ['commands/drill.ts', 'On a Gitea that tells', 'no Forgejo does'],
  ['commands/sandbox.ts', 'Gitea', 'what its example starts'],
  ['scopes/answers/proxy.ts', 'Gitea|Forgejo', 'the realm that tells the forge from a proxy'],
  ['commands/infer.ts', "Gitea's router log", 'a format of its own'],
]

test('no text says "Gitea" of whatever server answers: it is "the server", or called by what forge.ts knows', () => {
  const used = new Set<unknown>()
  const left = globSync('src/**/*.ts', {cwd: root})
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => !/^src\/(?:simulator|infer\/code)\//.test(path))
    .flatMap((path) =>
      readFileSync(join(root, path), 'utf8')
        .split('\n')
        .filter((line) => NAMES_GITEA.test(line) && !CODE.test(line) && !FACT.test(line))
        .filter((line) => {
          const may = MAY.find(([file, text]) => path === `src/${file}` && line.includes(text))
          used.add(may)
          return !may
        })
        .map((line) => `${path}: ${line.trim()}`),
    )
  expect(left).toEqual([])
  expect(MAY.filter((may) => !used.has(may))).toEqual([])
})
