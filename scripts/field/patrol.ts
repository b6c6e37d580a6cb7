import {mkdtempSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {Readable} from 'node:stream'
import {captureOutput} from '@oclif/test'
import {z} from 'zod'

const ROOT = resolve(import.meta.dirname, '../..')

/** What is of one's own in the environment, and would be read. */
const OURS = /^(?:PATROL|GITEA|XDG|MOLECULE|CONFIGS_DIR|PLATFORM_URL|WORKSPACE_ID)/

/** A directory in which no file of the repository and no `patrol.yaml` is near: names of directories count for readers. */
export const away = mkdtempSync(join(tmpdir(), 'field-'))
process.chdir(away)
for (const name of Object.keys(process.env)) if (OURS.test(name)) delete process.env[name]

/** A command's class. */
interface Runnable {
  id?: string
  run(argv: string[], root: string): Promise<unknown>
}

const Envelope = z.object({
  result: z.unknown(),
  findings: z.array(z.unknown()).default([]),
  incomplete: z.array(z.unknown()).default([]),
  error: z.object({code: z.string(), message: z.string()}).optional(),
})

/** The JSON document of one run, and its exit. */
export type Answer = z.infer<typeof Envelope> & {exit: number}

/** Runs a command with `--json`, in this process, for a start of the tool takes longer than most of its answers. */
export async function asked(command: Runnable, args: readonly string[], input = ''): Promise<Answer> {
  const {stdout, stderr, exit} = await printed(command, [...args, '--json'], input)
  try {
    return {...Envelope.parse(JSON.parse(stdout)), exit}
  } catch (error) {
    throw new Error(`patrol ${command.id} ${args.join(' ')} ended with ${exit} and no document\n${stderr}`, {
      cause: error,
    })
  }
}

/** Runs a command as a person would, and gives what was printed. */
export async function printed(
  command: Runnable,
  args: readonly string[],
  input = '',
): Promise<{stdout: string; stderr: string; exit: number}> {
  Object.defineProperty(process, 'stdin', {value: Readable.from([Buffer.from(input)]), configurable: true})
  process.exitCode = undefined
  try {
    const {stdout, stderr, error} = await captureOutput(() => command.run([...args], ROOT))
    if (error) throw error
    return {stdout, stderr, exit: typeof process.exitCode === 'number' ? process.exitCode : 0}
  } finally {
    process.exitCode = undefined
  }
}
