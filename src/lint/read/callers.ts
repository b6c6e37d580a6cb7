import {called} from '../../infer/code/shell.ts'
import {httpCallOf} from '../../syntax/index.ts'
import {HOLE} from '../../syntax/types.ts'
import type {HttpCall, ShellCommand, ShellScript} from '../../syntax/types.ts'

/** A request that a function makes for who calls it, standing where it is called. */
export interface CallerRequest {
  call: HttpCall
  /** The function that makes it, and its command there. */
  through: {name: string; command: ShellCommand}
}

/**
 * The requests of the callers of a function that is told the method or the path (`api POST /orgs …`); none for a command
 * that says both by itself, or that nobody calls.
 */
export function callersOf(call: HttpCall, text: string, shell: ShellScript): CallerRequest[] {
  const {command} = call
  const isTold = command.words.some(({holes}) => holes.some((hole) => /^(?:\d|[@*]$|\$\{[@*])/.test(hole)))
  const fn = shell.functions.findLast(({at}) => at.from <= command.at.from && command.at.to <= at.to)
  if (!fn || !isTold || !isOpen(call)) return []
  const sites = shell.commands.filter(
    ({name, at}) => name.text === fn.name && !(fn.at.from <= at.from && at.to <= fn.at.to),
  )
  return sites.flatMap((site) => {
    const made = httpCallOf(standingAt(site, called(text, shell, command, fn, site)))
    return made ? [{call: made, through: {name: fn.name, command}}] : []
  })
}

function isOpen({method, urls}: HttpCall): boolean {
  return (
    method.includes(HOLE) ||
    urls.length === 0 ||
    urls.some(({text}) => !/\/api\/v1\/[a-z]|\/(?:workspaces|settings)\b/.test(text))
  )
}

/** What the function's own words say is told where the function is called. */
function standingAt(site: ShellCommand, command: ShellCommand): ShellCommand {
  const {at, into, checked} = site
  const words = command.words.map((word) => (at.from <= word.at.from && word.at.to <= at.to ? word : {...word, at}))
  return {...command, words, at, into, checked, name: {...command.name, at: site.name.at}}
}
