import type {HttpCall, ShellCommand} from '../../syntax/types.ts'
import type {FindingDraft, Judge} from '../draft.ts'
import {pathOf} from '../read/url.ts'
import type {ReadRequest, Script} from '../reading.ts'
import {giteaPath} from './gitea.ts'
import {hasExitStatus, isLookedAt, isTaken} from './looked.ts'
import {readable} from './routes.ts'

const WRITES = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

/** Calls whose answer nobody looks at. */
export const judgeAnswers: Judge = function* ({requests}, {catalogue}) {
  const seen = new Set<ShellCommand>()
  for (const request of requests) {
    const {command} = request
    if (!command || (giteaPath(request, catalogue) === undefined && !isPlatform(request))) continue
    const {call, script, next} = command
    // A function is at fault once, whoever calls it.
    const own = command.through?.command ?? call.command
    const looked = call.fails || call.showsStatus || isLookedAt(call, script)
    if (seen.has(own)) continue
    if (!looked || !command.through) seen.add(own)
    if (WRITES.has(call.method)) {
      if (!looked) yield unchecked(request, call, script)
      continue
    }
    const shown = next?.name.text.split('/').at(-1)
    if (!looked && call.silent && (shown === 'jq' || shown === 'python3' || shown === 'python')) {
      yield hidden(request, call, script)
    }
    if (next && shown === 'jq' && takesFirst(next) && !hasExitStatus(next)) {
      yield {
        rule: 'smoke-proves-nothing',
        at: script.where(next.at),
        message: 'jq prints null and exits 0 for an empty list: this passes on nothing at all.',
        fix: 'Use jq -e, and say what an empty list means; or let the agent itself prove it: patrol smoke AGENT',
        kind: readable(pathOf(request.url)),
      }
    }
  }
}

function isPlatform({url}: ReadRequest): boolean {
  return /^\/(?:workspaces|settings\/secrets|admin\/(?:secrets|workspaces)|org\/tokens)(?:\/|$)/.test(pathOf(url))
}

function unchecked(request: ReadRequest, call: HttpCall, script: Script): FindingDraft {
  const through = request.command?.through
  const {name} = through?.command ?? call.command
  const {to} = name.at
  const flag = call.tool === 'httpie' ? '--check-status' : '--fail-with-body'
  const exact = script.excerpt.exact(to - 1, to + 1) || to === script.excerpt.text.length
  const at = script.where({from: name.at.from, to}).to
  const tail =
    call.command.checked || call.command.into === undefined ? '' : ' Behind a pipe it needs set -o pipefail, too.'
  return {
    rule: 'write-unchecked',
    at: script.where(name.at),
    message: `${name.text} exits 0 when ${call.method} ${readable(pathOf(request.url))} is answered with 400 or 500; what follows acts as if it had worked.`,
    fix: `Add ${flag}${through === undefined ? '' : ` to ${name.text} in ${through.name}()`}.${tail}`,
    ...(exact &&
      through === undefined &&
      isMendable(request, call, script) && {edit: {from: at, to: at, text: ` ${flag}`}}),
    kind: `${call.method} ${readable(pathOf(request.url))}`,
  }
}

/**
 * Whether an error's exit status does nothing but good: the answer goes nowhere, and no second run of the script gets an
 * error where all is well, as it does for what is there, or gone, already.
 */
function isMendable({url}: ReadRequest, call: HttpCall, script: Script): boolean {
  if (call.tool === 'wget' || isTaken(call, script)) return false
  const path = pathOf(url)
  if (call.method === 'PUT') return !ONCE.test(path)
  return call.method === 'PATCH' || (call.method === 'POST' && REPEATABLE.test(path))
}

/** What a second PUT refuses: a file with its old hash, a block that is there. */
const ONCE = /\/(?:contents|variables|blocks)(?:\/|$)/

/** What can be posted any number of times. */
const REPEATABLE =
  /\/(?:issues|comments|reviews|statuses\/[^/]+|times|dispatches|secrets|restart|tests|mirror-sync|markdown)$/

function hidden(request: ReadRequest, call: HttpCall, script: Script): FindingDraft {
  return {
    rule: 'status-hidden',
    at: script.where(call.command.name.at),
    message: `${call.command.name.text} -s hides the status of GET ${readable(pathOf(request.url))}: behind the pipe a 403 looks like null.`,
    fix: 'Add --fail-with-body, and set -o pipefail in the script.',
    kind: readable(pathOf(request.url)),
  }
}

function takesFirst({words}: ShellCommand): boolean {
  return words.some(({text}) => /\.?\[0\]|\bfirst\b/.test(text))
}
