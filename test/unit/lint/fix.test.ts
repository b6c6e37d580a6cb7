import {globSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import * as fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {applyEdits} from '../../../src/lint/fix.ts'
import {HEX, linted, rulesIn} from './linting.ts'

async function fix(file: string, text: string): Promise<string> {
  return (await linted(file, text, {fix: true})).fixedText ?? text
}

describe('what is mended', () => {
  test.each([
    [
      'a write gets --fail-with-body right behind the command',
      'a.sh',
      'sudo  curl   -X PATCH "$U/api/v1/repos/a/b" \\\n\t-d @r   # as it is\n',
      'sudo  curl --fail-with-body   -X PATCH "$U/api/v1/repos/a/b" \\\n\t-d @r   # as it is\n',
    ],
    [
      'HTTPie gets --check-status',
      'a.sh',
      'http POST "$U/api/v1/repos/a/b/issues" title=x\n',
      'http --check-status POST "$U/api/v1/repos/a/b/issues" title=x\n',
    ],
    [
      'a scope in a list gets its real name, with Windows line ends and without a last one',
      'a.sh',
      'echo\r\ngitea admin user generate-access-token -u a --scopes "read:issue,read:pull-request"',
      'echo\r\ngitea admin user generate-access-token -u a --scopes "read:issue,read:repository"',
    ],
    [
      'a scope in JSON in double quotes',
      'a.sh',
      'curl -f "$U/api/v1/users/a/tokens" -d "{\\"scopes\\": [\\"read:org\\"]}"\n',
      'curl -f "$U/api/v1/users/a/tokens" -d "{\\"scopes\\": [\\"read:organization\\"]}"\n',
    ],
    [
      'a scope, and not the same letters in another name',
      'a.sh',
      `curl -f "$U/api/v1/users/a/tokens" -d '{"name": "x-read:pull", "scopes": ["read:pull"]}'\n`,
      `curl -f "$U/api/v1/users/a/tokens" -d '{"name": "x-read:pull", "scopes": ["read:repository"]}'\n`,
    ],
    [
      'a secrets body in single quotes',
      'a.sh',
      `curl -f "$P/workspaces/$W/secrets" -d '{ "GITEA_TOKEN" : "x" }'\n`,
      `curl -f "$P/workspaces/$W/secrets" -d '{ "key": "GITEA_TOKEN", "value": "x" }'\n`,
    ],
    [
      'a secrets body in double quotes over several lines',
      'a.sh',
      'curl -f "$P/workspaces/$W/secrets" -d "{\n  \\"GITEA_TOKEN\\": \\"$X\\"\n}"\n',
      'curl -f "$P/workspaces/$W/secrets" -d "{\n  \\"key\\": \\"GITEA_TOKEN\\", \\"value\\": \\"$X\\"\n}"\n',
    ],
    [
      'a liveness check of the status only',
      'a.sh',
      `curl -s -o /dev/null -w '%{http_code}' -H @auth "$U/api/v1/user"\n`,
      `curl -s -o /dev/null -w '%{http_code}' -H @auth "$U/api/v1/version"\n`,
    ],
    [
      'inline code of a text',
      'a.md',
      'For Gitea:\n\n- ``write:comment`` and `read:pull`\n',
      'For Gitea:\n\n- ``write:issue`` and `read:repository`\n',
    ],
    [
      'a block behind a list’s indentation',
      'a.md',
      '1. do\n\n   ```sh\n   curl -X PATCH \\\n     "$U/api/v1/repos/a/b"\n   ```\n',
      '1. do\n\n   ```sh\n   curl --fail-with-body -X PATCH \\\n     "$U/api/v1/repos/a/b"\n   ```\n',
    ],
    [
      'a block of a workflow',
      '.gitea/workflows/a.yml',
      'jobs:\n  a:\n    steps:\n      - run: |\n          true\n\n          curl -X PATCH "$U/api/v1/repos/a/b"\n',
      'jobs:\n  a:\n    steps:\n      - run: |\n          true\n\n          curl --fail-with-body -X PATCH "$U/api/v1/repos/a/b"\n',
    ],
    [
      'a list of YAML, its comments kept',
      'a.yaml',
      '# gitea\nscopes:   # these\n  - "read:issues"   # and this\n  - read:user\n',
      '# gitea\nscopes:   # these\n  - "read:issue"   # and this\n  - read:user\n',
    ],
    [
      'a Terraform resource',
      'a.tf',
      'resource "gitea_token" "a" {\n  scopes = [ "read:issue",  "read:pull_request" ]\n}\n',
      'resource "gitea_token" "a" {\n  scopes = [ "read:issue",  "read:repository" ]\n}\n',
    ],
    [
      'behind a byte order mark',
      'a.sh',
      '\uFEFF#!/bin/sh\ncurl -X PATCH "$U/api/v1/repos/a/b"\n',
      '\uFEFF#!/bin/sh\ncurl --fail-with-body -X PATCH "$U/api/v1/repos/a/b"\n',
    ],
  ])('%s', async (_, file, before, after) => {
    expect(await fix(file, before)).toBe(after)
    expect(await fix(file, after)).toBe(after)
  })

  test('a mended file is clean of what was mended, and its findings stand at their new places', async () => {
    const text = 'curl -X PATCH "$U/api/v1/repos/a/b"; curl -s -H "Authorization: token $T" "$U/api/v1/version"\n'
    const {result, fixedText} = await linted('a.sh', text, {fix: true})
    expect(result.fixed).toBe(1)
    expect(result.findings.map(({rule}) => rule)).toEqual(['secret-visible-in-ps'])
    expect(result.findings.map(({at}) => fixedText?.slice(at.from, at.to))).toEqual(['"Authorization: token $T"'])
  })
})

describe('what is left alone', () => {
  test.each([
    ['a body of two pairs', `curl -f "$P/workspaces/$W/secrets" -d '{"A": "x", "B": "y"}'\n`, 'secret-body-wrong'],
    ['a body of key or value alone', `curl -f "$P/workspaces/$W/secrets" -d '{"key": "A"}'\n`, 'secret-body-wrong'],
    ['a check that reads the answer', '# Is it alive?\ncurl -sf "$U/api/v1/user"\n', 'liveness-needs-scope'],
    [
      'a liveness check without a credential, to which /version answers 200',
      `curl -s -o /dev/null -w '%{http_code}' -H 'Accept: application/json' "$U/api/v1/user"\n`,
      'liveness-needs-scope',
    ],
    ['a scope put together', 'gitea admin user generate-access-token -u a --scopes read:"pull"\n', 'scope-unknown'],
    ['a DELETE, which finds nothing on a second run', 'curl -X DELETE "$U/api/v1/repos/a/b"\n', 'write-unchecked'],
    ['what may be there already', 'curl -X POST "$U/api/v1/user/repos" -d @r\n', 'write-unchecked'],
    ['an answer that is kept', 'set -e\nanswer=$(curl -X PATCH "$U/api/v1/repos/a/b")\n', 'write-unchecked'],
    ['an answer that is read', 'curl -X PATCH "$U/api/v1/repos/a/b" | jq .id\n', 'write-unchecked'],
    ['a secret', `GITEA_TOKEN=${HEX}\n`, 'secret-in-file'],
  ])('%s', async (_, text, rule) => {
    expect(await rulesIn('a.sh', text)).toContain(rule)
    expect((await linted('a.sh', text, {fix: true})).fixedText).toBeUndefined()
  })

  test('a suppressed finding', async () => {
    const text = '# patrol-lint: ignore write-unchecked -- shows the fault\ncurl -X PATCH "$U/api/v1/repos/a/b"\n'
    const {result, fixedText} = await linted('a.sh', text, {fix: true})
    expect(fixedText).toBeUndefined()
    expect(result.suppressed).toHaveLength(1)
  })

  test('without --fix everything', async () => {
    expect((await linted('a.sh', 'curl -X PATCH "$U/api/v1/repos/a/b"\n')).fixedText).toBeUndefined()
  })
})

describe('edits', () => {
  test('of two that overlap the first is carried out; neighbours both are', () => {
    const text = 'abcdef'
    expect(
      applyEdits(text, [
        {from: 2, to: 4, text: 'Y'},
        {from: 1, to: 3, text: 'X'},
        {from: 3, to: 4, text: 'Z'},
      ]),
    ).toEqual({text: 'aXZef', applied: 2})
  })

  test('the same insertion twice is made once', () => {
    const edit = {from: 1, to: 1, text: '!'}
    expect(applyEdits('ab', [edit, edit])).toEqual({text: 'a!b', applied: 1})
  })

  test('nothing outside the edits changes', () => {
    const edits = fc.array(fc.record({from: fc.nat(40), length: fc.nat(5), text: fc.string({maxLength: 3})}), {
      maxLength: 6,
    })
    fc.assert(
      fc.property(fc.string({minLength: 50, maxLength: 60}), edits, (text, list) => {
        const {text: result, applied} = applyEdits(
          text,
          list.map(({from, length, text: put}) => ({from, to: from + length, text: put})),
        )
        expect(applied).toBeLessThanOrEqual(list.length)
        expect(result.endsWith(text.slice(45))).toBe(true)
        const first = Math.min(45, ...list.map(({from}) => from))
        expect(result.startsWith(text.slice(0, first))).toBe(true)
      }),
    )
  })
})

describe('mending twice is mending once', () => {
  const corpus = join(import.meta.dirname, '../../corpus/lint/faulty')

  test.each(globSync(['*.*', '.gitea/*/*'], {cwd: corpus}).filter((file) => !file.endsWith('.want')))(
    'for %s of the corpus',
    async (file) => {
      const once = await fix(file, readFileSync(join(corpus, file), 'utf8'))
      expect(await fix(file, once)).toBe(once)
    },
  )

  const pieces = fc.constantFrom(
    'curl -X POST "$U/api/v1/user/repos" -d @r',
    'curl -s -o /dev/null -w "%{http_code}" "$U/api/v1/user"',
    `curl -X PUT $P/workspaces/$W/secrets -d '{"GITEA_TOKEN": "$X"}'`,
    'curl -d "{\\"A\\":\\"b\\"}" "$P/workspaces/$W/secrets" | jq .',
    'gitea admin user generate-access-token --scopes read:issues,write:comment,read:user',
    'http POST :3000/api/v1/user/repos',
    'if ! curl -X DELETE $U/api/v1/repos/a/b; then',
    'fi',
    'x=$(',
    ')',
    '# patrol-lint: ignore write-unchecked -- on purpose',
    "cat <<'EOF'",
    'EOF',
    '- `read:pull-request` / `write:pull-request`',
    '```sh',
    '```',
    '> ',
    '   ',
    '"',
    "'",
    '\\',
    '${{ secrets.X }}',
    'curl',
  )
  const text = fc
    .array(fc.tuple(pieces, fc.constantFrom('\n', ' ', '\r\n', ';', '\n\n')), {maxLength: 12})
    .map((list) => `gitea\n${list.flat().join('')}`)

  test.each(['a.sh', 'a.md'])('for whatever is put together as %s', async (file) => {
    await fc.assert(
      fc.asyncProperty(text, async (before) => {
        const once = await linted(file, before, {fix: true})
        const after = once.fixedText ?? before
        const twice = await linted(file, after, {fix: true})
        expect(twice.fixedText ?? after).toBe(after)
        expect(twice.result.findings).toEqual(once.result.findings)
      }),
      {numRuns: 150},
    )
  })
})
