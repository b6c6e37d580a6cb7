import {spawn} from 'node:child_process'
import {chmod, mkdir, writeFile} from 'node:fs/promises'
import {globSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import type {FaultRule} from '../../src/simulator/types.ts'
import {asOperator} from '../support/operator.ts'
import {ROOT, stage} from './harness.ts'
import type {Stage} from './harness.ts'

/** What has to have happened before a command's examples, or this one, make sense, with what broken in Gitea, and how that ends. */
const BEFORE: Record<string, {line: string; exit: number; broken?: FaultRule}> = {
  'rotation/show.ts': {line: 'patrol rotate agent-dev-a --yes --overlap 24h', exit: 0},
  'rotation/resume.ts': {line: 'patrol rotate agent-dev-a --yes --overlap 24h', exit: 0},
  'report/merge.ts': {line: 'patrol audit --exit-zero --report blob=1.blob', exit: 0},
  'revoke.ts': {line: 'patrol rotate agent-dev-a --yes --overlap 24h', exit: 0},
  'infer.ts': {
    line: `bash -c 'mkdir scripts; echo curl -f https://git.example/api/v1/user >scripts/find-work.sh
      line=" - agent-dev-a [22/Nov/2026:05:33:22 +0000] \\"GET /api/v1/user HTTP/1.1\\" 200 1"
      echo "::1$line" >access.log; echo "::1$line" | gzip >access.log.1.gz'`,
    exit: 0,
  },
  'rotation/abort.ts': {line: 'patrol rotate agent-pending --yes --no-wait', exit: 8},
  'patrol rotation abort agent-external --keep both --yes': {line: 'patrol rotate agent-external --yes', exit: 7},
  'onboarding/abort.ts': {
    line: 'patrol onboard agent-new --yes',
    exit: 7,
    // Nobody can say what the new token is good for, which leaves its onboarding unfinished.
    broken: {method: 'GET', path: /\/api\/v1\/user$/, kind: 'status', status: 500},
  },
}

/** Examples for a person at a terminal: what a script gets, and which of them run until Ctrl-C. */
const FOR_PEOPLE: Record<string, number | 'runs on'> = {
  'patrol init': 2,
  'patrol sandbox': 'runs on',
  'patrol sandbox --agents 2000': 'runs on',
  'patrol sandbox --gitea 1.27.0': 'runs on',
  'patrol sandbox --gitea forgejo-15': 'runs on',
}

const files = globSync('**/*.ts', {cwd: join(ROOT, 'src/commands')}).toSorted()

describe('every example runs as it stands', () => {
  test.concurrent.each(files)('%s', async (file) => {
    const {default: command}: {default: {examples: {command: string}[]}} = await import(
      join(ROOT, 'src/commands', file)
    )
    for (const {command: example} of command.examples) {
      const text = example.replaceAll('<%= config.bin %>', 'patrol')
      await using at = await stage({newAgents: 1})
      const inside = file.startsWith('workspace-token/') ? await workspace(at) : {}
      const {line, exit, broken} = BEFORE[text] ?? BEFORE[file] ?? {line: 'true', exit: 0}
      const mend = broken && at.sandbox.gitea.fail(broken)
      expect(await shell(line, at)).toMatchObject({exit})
      mend?.()
      const expected = FOR_PEOPLE[text] ?? 0
      const ended = await shell(text, at, expected === 'runs on' ? 'Running until' : undefined, inside)
      expect({text, ...ended}).toMatchObject({text, exit: expected === 'runs on' ? 0 : expected})
    }
  })
})

/** What a workspace finds in its environment, and a token of its own where it looks for one. */
async function workspace(at: Stage): Promise<Record<string, string>> {
  const {sandbox, dir} = at
  const [url, self, configs] = [sandbox.platform.url, at.id('agent-reviewer'), join(dir, 'configs')]
  const headers = asOperator(sandbox)
  const minted = await fetch(`${url}/workspaces/${self}/tokens`, {method: 'POST', headers})
  const {auth_token: token}: {auth_token: string} = JSON.parse(await minted.text())
  await mkdir(configs)
  await writeFile(join(configs, '.auth_token'), token, {mode: 0o600})
  return {CONFIGS_DIR: configs, PLATFORM_URL: url, WORKSPACE_ID: self}
}

/** Types it into a shell; with `until`, ends it as Ctrl-C would once that was printed. */
async function shell(
  text: string,
  at: Stage,
  until?: string,
  inside: Record<string, string> = {},
): Promise<{exit: number | null; output: string}> {
  const {dir, env, sandbox} = at
  const [bin, cwd] = [join(dir, 'bin'), join(dir, 'desk')]
  for (const each of [bin, cwd]) await mkdir(each, {recursive: true})
  // A linter that has read nothing passes nothing.
  await writeFile(join(cwd, 'provision.sh'), '#!/bin/sh\nset -e\necho "nothing to do"\n')
  await writeFile(join(bin, 'patrol'), `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, 'bin/run.js')}" "$@"\n`)
  await chmod(join(bin, 'patrol'), 0o755)
  const child = spawn('bash', ['-euc', `exec ${text}`], {
    cwd,
    env: {
      ...env,
      PATH: `${bin}:/usr/bin:/bin`,
      GITEA_URL: sandbox.gitea.url,
      GITEA_TOKEN: at.token('agent-dev-b'),
      TOKEN_FILE: join(dir, 'secrets/agent-reviewer'),
      ...inside,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      if (until !== undefined && output.includes(until)) child.kill('SIGINT')
    })
  }
  return new Promise((done, fail) => {
    child.once('error', fail)
    child.once('close', (exit) => done({exit, output}))
  })
}
