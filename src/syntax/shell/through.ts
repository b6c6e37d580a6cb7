import type {ShellWord} from './words.ts'

/** What a command's words come down to behind `sudo`, `docker exec` and their like. */
export type Through =
  | {is: 'command'; words: readonly ShellWord[]}
  /** A shell that is given this word as its script. */
  | {is: 'script'; script: ShellWord}
  /** A shell that reads its script from its input. */
  | {is: 'shell'}

const SHELLS = new Set(['sh', 'bash', 'dash', 'zsh', 'ash', 'ksh', 'rbash'])

/** Words of a wrapper that take the next word with them. */
const WITH_VALUE: Record<string, RegExp> = {
  sudo: /^-[a-zA-Z]*[ughpCrtTD]$|^--(user|group|host|prompt|chdir)$/,
  doas: /^-[uC]$/,
  env: /^-[a-zA-Z]*[uCS]$|^--(unset|chdir)$/,
  exec: /^-a$/,
  time: /^-[fo]$/,
  timeout: /^-[ks]$|^--(signal|kill-after)$/,
  nice: /^-n$/,
  ionice: /^-[cnp]$/,
  stdbuf: /^-[ioe]$/,
  xargs: /^-[aEdILnPs]$|^--(max-args|max-procs|delimiter|replace|arg-file)$/,
  runuser: /^-[ugGs]$|^--(user|group|shell)$/,
  exec_container: /^-[euw]$|^--(env|env-file|user|workdir|index|detach-keys)$/,
  run_container:
    /^-[aehlmpuvw]$|^--(?:add-host|cap-add|cap-drop|cpus|device|dns|entrypoint|env|env-file|expose|gpus|hostname|ip|label|link|memory|mount|name|net|network|pid|platform|publish|pull|restart|runtime|security-opt|tmpfs|ulimit|user|userns|volume|volumes-from|workdir)$/,
  kubectl: /^-[ncfs]$|^--(namespace|container|context|kubeconfig|cluster|filename)$/,
  ssh: /^-[bcDEeFIiJLlmOopQRSWw]$/,
  su: /^-[sgGw]$|^--(shell|group|supp-group)$/,
}

const PLAIN = new Set(['command', 'exec', 'time', 'nohup', 'nice', 'ionice', 'stdbuf', 'xargs', 'builtin', 'setsid'])
const CONTAINERS = new Set(['docker', 'podman', 'nerdctl', 'docker-compose', 'podman-compose'])

/** Looks through wrappers; gives up, and returns the words as they are, where it is not clear where the command begins. */
export function seeThrough(words: readonly ShellWord[]): Through {
  const name = words[0]?.text.split('/').at(-1) ?? ''
  const command: Through = {is: 'command', words}
  const behind = (from: number): Through => (from < words.length ? seeThrough(words.slice(from)) : command)
  /** Behind the options from word `from` on. */
  const skip = (from: number, valued: RegExp | undefined): number => {
    let i = from
    while (/^-./.test(words[i]?.text ?? '')) {
      if (words[i]?.text === '--') return i + 1
      i += valued?.test(words[i]?.text ?? '') ? 2 : 1
    }
    return i
  }

  if (SHELLS.has(name)) {
    const flag = words.findIndex(({text}, i) => i > 0 && /^-[a-z]*c[a-z]*$/.test(text))
    const at = skip(1, /^[-+][oO]$/)
    if (flag > 0 && flag < at) {
      const script = words[skip(flag + 1, undefined)]
      return script ? {is: 'script', script} : command
    }
    return at >= words.length ? {is: 'shell'} : command
  }
  if (name === 'eval' && words.length > 1) return {is: 'script', script: joined(words.slice(1))}
  if (name === 'sudo' || name === 'doas' || name === 'env') {
    let at = skip(1, WITH_VALUE[name])
    while (/^\w+=/.test(words[at]?.text ?? '')) at++
    return behind(at)
  }
  if (name === 'timeout') return behind(skip(1, WITH_VALUE['timeout']) + 1)
  if (name === 'gosu' || name === 'su-exec') return behind(2)
  if (PLAIN.has(name)) {
    const at = skip(1, WITH_VALUE[name])
    return words[at] && !(name === 'command' && /^-[vV]$/.test(words[1]?.text ?? '')) ? behind(at) : command
  }
  if (name === 'su' || name === 'runuser') {
    const flag = words.findIndex(({text}) => /^-[a-z]*c$/.test(text) || text === '--command')
    const script = flag > 0 ? words[flag + 1] : undefined
    if (script) return {is: 'script', script}
    const dashes = words.findIndex(({text}) => text === '--')
    return name === 'runuser' && dashes > 0 ? behind(dashes + 1) : command
  }
  if (CONTAINERS.has(name)) {
    const run = words.findIndex(({text}, i) => i > 0 && i < 8 && text === 'run')
    if (run > 0 && !name.endsWith('compose')) return inImage(words, skip(run + 1, WITH_VALUE['run_container']), behind)
    const exec = words.findIndex(({text}, i) => i > 0 && i < 8 && text === 'exec')
    return exec > 0 ? behind(skip(exec + 1, WITH_VALUE['exec_container']) + 1) : command
  }
  if (name === 'kubectl' || name === 'oc') {
    const dashes = words.findIndex(({text}) => text === '--')
    return dashes > 0 && words.some(({text}, i) => i < dashes && /^(?:exec|run)$/.test(text))
      ? behind(dashes + 1)
      : command
  }
  if (name === 'ssh') {
    const host = skip(1, WITH_VALUE['ssh'])
    if (host + 1 < words.length) return {is: 'script', script: joined(words.slice(host + 1))}
    return host < words.length ? {is: 'shell'} : command
  }
  return command
}

/** Images whose own command is a client, by the last part of their names. */
const CLIENTS = /(?:^|\/)(curl|wget|httpie|tea|fj)(?:[:@-][^/]*)?$/

/** What runs in a new container: its words behind the image, or the image's own command with them. */
function inImage(words: readonly ShellWord[], at: number, behind: (from: number) => Through): Through {
  const [image, first] = [words[at], words[at + 1]]
  const given = words.slice(0, at).findIndex(({text}) => text === '--entrypoint')
  const own = given < 0 ? CLIENTS.exec(image?.text ?? '')?.[1] : words[given + 1]?.text
  const isNamed = own === undefined || (given < 0 && first?.text.split('/').at(-1) === own)
  if (!image || isNamed) return behind(at + 1)
  return seeThrough([{...image, text: own}, ...words.slice(at + 1)])
}

/** Several words as the one text that a shell makes of them. */
function joined(words: readonly ShellWord[]): ShellWord {
  const [first, ...rest] = words
  if (!first) throw new RangeError('no words')
  return rest.reduce((all, word) => {
    const end = all.pieces.at(-1)?.to ?? 0
    return {
      text: `${all.text} ${word.text}`,
      holes: [...all.holes, ...word.holes],
      at: {...all.at, end: word.at.end, to: word.at.to},
      pieces: [...all.pieces, {text: ' ', from: end, to: end + 1}, ...word.pieces],
    }
  }, first)
}
