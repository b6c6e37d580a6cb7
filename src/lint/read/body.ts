import type {HttpCall, ShellCommand, StaticText} from '../../syntax/types.ts'
import type {Script} from '../reading.ts'

/** What a call sends, where it stands: `-d @-` reads a here-document, or what `echo` writes into its pipe. */
export function bodyOf(call: HttpCall, script: Script): StaticText | undefined {
  if (!call.body) return undefined
  const text = script.resolve(call.body)
  if (text !== '@-' && text !== '-') return text.startsWith('@') ? undefined : call.body
  if (call.command.input) return call.command.input
  const writer = writerInto(call, script)
  return writer && /^(?:echo|printf)$/.test(writer.name.text) ? writer.words.at(-1) : undefined
}

/** The keys of the object that `jq` makes and pipes into a call, and where the program stands. */
export function jqObject(call: HttpCall, script: Script): {keys: string[]; program: StaticText} | undefined {
  const writer = call.body && script.resolve(call.body) === '@-' ? writerInto(call, script) : undefined
  if (writer?.name.text !== 'jq') return undefined
  const program = writer.words.find(({text}) => /^\s*\{[\s\S]*\}\s*$/.test(text))
  if (!program) return undefined
  const keys = [...program.text.matchAll(/[{,]\s*(?:"(\w+)"|(\w+))\s*:/g)].map(([, quoted, plain]) => quoted ?? plain)
  return {keys: keys.filter((key) => key !== undefined), program}
}

/** The command at the other end of the pipe that a call reads. */
function writerInto({command}: HttpCall, {shell}: Script): ShellCommand | undefined {
  const before = shell.commands.filter(({at}) => at.to <= command.at.from).at(-1)
  return before?.into === command.name.text ? before : undefined
}
