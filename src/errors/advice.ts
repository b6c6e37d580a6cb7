/** What to do next: a command that can be typed as it stands, or words for a person. In JSON it is its text. */
export class Advice {
  readonly text: string
  /** The words of the command line. */
  readonly argv: readonly string[] | undefined
  /** Whether it sends a person back to the command that was typed. */
  readonly repeats: boolean

  constructor(text: string, {argv, repeats = false}: {argv?: readonly string[]; repeats?: boolean} = {}) {
    this.text = text
    this.argv = argv
    this.repeats = repeats
  }

  toString(): string {
    return this.text
  }

  toJSON(): string {
    return this.text
  }
}

/**
 * A command to type, as a template: run`patrol push ${agent} --token-file ${path}`. What is put in is one word, whatever
 * stands in it, and a list is as many.
 */
export function run(
  template: TemplateStringsArray,
  ...values: readonly (string | number | readonly string[])[]
): Advice {
  const left = [...values]
  const next = (): readonly string[] => [left.shift() ?? ''].flat().map(String)
  const argv = template
    .join('\0')
    .trim()
    .split(/ +/)
    .flatMap((part) => (part === '\0' ? next() : part.replaceAll('\0', () => next().join(' '))))
  return new Advice(argv.map(word).join(' '), {argv})
}

/** Advice in words, to follow "you could": "check x", "or do y". */
export function say(text: string): Advice {
  return new Advice(text)
}

/** The same, to type the same command once more, which is withdrawn where another one goes on from here. */
export function again(text: string): Advice {
  return new Advice(text, {repeats: true})
}

/** A value as one word of a command line: what bash or zsh would take apart or replace is quoted. */
export function word(value: string): string {
  return /^[\w@%+:,./-][\w@%+=:,./-]*$/.test(value) ? value : `'${value.replaceAll("'", String.raw`'\''`)}'`
}

/** The commands among it, as they are typed. */
export function commandsOf(advice: readonly Advice[]): string[] {
  return advice.filter(({argv}) => argv).map(({text}) => text)
}

/** The words among it, as sentences: "check x", "or do y" become "Check x, or do y." Empty where all are commands. */
export function sentencesOf(advice: readonly Advice[]): string {
  const said = advice.filter(({argv}) => !argv).map(({text}) => text.replace(/[.]$/, ''))
  const joined = said.map((line, index) => {
    if (index > 0 && line.startsWith('or ')) return `, ${line}`
    return `${index > 0 ? '. ' : ''}${line[0]?.toUpperCase()}${line.slice(1)}`
  })
  return said.length === 0 ? '' : `${joined.join('')}${/[?!]$/.test(joined.at(-1) ?? '') ? '' : '.'}`
}

/**
 * The name under which `patrol help` prints a page, or the part of one that a rule has: `rotation-incomplete` for
 * `docs/runbooks/rotation-incomplete.md`. The page about patrol.yaml goes by that file's name, for `config` is a topic
 * of commands.
 */
export function pageName(ref: string): string {
  const [file = '', part] = ref.split('#')
  const name = file.replace(/^.*\//, '').replace(/\.md$/, '')
  return part ?? (name === 'config' ? 'patrol.yaml' : name)
}
