import {httpCallOf, type ShellCommand, type StaticText, type SyntaxNode} from '../../syntax/index.ts'
import {argumentsOf, nameOf, ROW} from './calls.ts'
import type {Names} from './linked.ts'
import {holesOf, text, type Value} from './value.ts'
import type {Values} from './values.ts'

/** What runs another program, in the languages' own words. */
const RUNS =
  /^(?:run|call|check_call|check_output|Popen|create_subprocess_exec|(?:exec|execFile|spawn|execa)(?:Sync)?|Command|CommandContext)$/
const TOOLS = /^(?:.*\/)?(?:curl|wget|https?|xhs?)$/
const UNKNOWN: Value = {parts: [{name: 'words'}], literals: []}
/** A list that is changed after it was written. */
const grown = (name: string) =>
  new RegExp(String.raw`\b${name}\s*(?:\.(?:append|extend|insert|push|unshift|splice)\b|\+=)`)

/**
 * The request that a program has curl, wget or httpie send, word by word: `subprocess.run(["curl", …])`,
 * `execFile('curl', […])`, `exec.Command("curl", …)`.
 */
export function requestInWords(
  call: SyntaxNode,
  {names, values}: {names: Names; values: Values},
): {urls: Value[]; methods: Value[]; fallback: string} | undefined {
  if (!RUNS.test(nameOf(call))) return undefined
  const {positional, named} = argumentsOf(call)
  const given = [...positional, ...(named.has('args') ? [named.get('args')!] : [])]
  const words = given.flatMap((arg) => wordsOf(arg, names) ?? [values.of(arg)])
  const at = words.findIndex((alternatives) => alternatives.length === 1 && TOOLS.test(text(alternatives[0]!)))
  if (at < 0 || at > 1) return undefined

  const behind = new Map<StaticText, readonly Value[]>()
  const spoken = words.map((alternatives): StaticText => {
    const [first = UNKNOWN] = alternatives
    const word = {text: text(first), holes: holesOf(first), at: call.span()}
    behind.set(word, alternatives)
    return word
  })
  const command: ShellCommand = {
    name: spoken[at]!,
    words: spoken.slice(at + 1),
    environment: [],
    input: undefined,
    into: undefined,
    checked: false,
    at: call.span(),
  }
  const request = httpCallOf(command)
  if (!request) return undefined
  const chosen = spoken[spoken.findIndex((word) => /^(?:-X|--request|--method)$/.test(word.text)) + 1]
  const isOpen = words.some((alternatives) => alternatives[0] === UNKNOWN)
  const plain = {parts: [request.method], literals: []}
  return {
    urls: request.urls.flatMap((url) => behind.get(url) ?? [{parts: [url.text], literals: []}]),
    methods: isOpen
      ? [{parts: [{name: 'method'}], literals: []}]
      : [...((chosen?.text === request.method && behind.get(chosen)) || [plain])],
    fallback: 'GET',
  }

  /** The words of a list, each with what it may be. */
  function wordsOf(arg: SyntaxNode, known: Names): (readonly Value[])[] | undefined {
    let list: SyntaxNode | undefined = arg
    if (arg.kind === 'identifier') {
      const [binding, more] = known.of(arg.text, arg)
      list = more || grown(arg.text).test(known.unit(arg).source.text) ? undefined : binding?.value
    }
    if (!list || !ROW.test(list.kind)) return undefined
    return list.children.flatMap((word) =>
      /spread|splat/.test(word.kind)
        ? ((word.children[0] && wordsOf(word.children[0], known)) ?? [[UNKNOWN]])
        : [values.of(word)],
    )
  }
}
