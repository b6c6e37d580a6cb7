import {basename} from 'node:path'

/** A line as a shell would run it; undefined for one that it would not. Every line stays where it is. */
type Recipe = (line: string, before: string | undefined) => string | undefined

const ASSIGNS = /^(?:export\s+)?([A-Za-z_]\w*)\s*[:?+]{0,3}=\s*(.*)$/
const continues = (line: string | undefined): boolean => line?.trimEnd().endsWith('\\') ?? false
const quoted = (value: string): string => `"${value.replaceAll(/^["']|["']$/g, '')}"`

/** What runs commands and is no script, by name. */
const RECIPES: readonly (readonly [name: RegExp, Recipe])[] = [
  [
    /^(?:docker|container)file(?:\.[\w.-]+)?$|\.(?:docker|container)file$/i,
    (line, before) => {
      const [, set, name = '', value = ''] = /^\s*(ENV|ARG)\s+(\w+)[= ](.*)$/i.exec(line) ?? []
      if (set) return `${name}=${quoted(value)}`
      return /^\s*RUN\s/i.test(line)
        ? line.replace(/^\s*RUN\s+(?:--\S+\s+)*/i, '')
        : continues(before)
          ? line
          : undefined
    },
  ],
  [
    /^(?:gnu)?makefile(?:\.[\w-]+)?$|\.mk$/i,
    (line, before) => {
      const plain = line.replaceAll(/\$\(([A-Za-z_]\w*)\)/g, '${$1}').replaceAll('$$', '$')
      if (/^\t/.test(line) || continues(before)) return plain.replace(/^\t[@+-]*/, '')
      const [, name, value = ''] = ASSIGNS.exec(plain) ?? []
      return name && `${name}=${quoted(value)}`
    },
  ],
  [
    /^\.?justfile$|\.just$/i,
    (line) => {
      const plain = line.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, '${$1}')
      if (/^\s/.test(line)) return plain.replace(/^\s+[@-]?/, '')
      const [, name, value = ''] = ASSIGNS.exec(plain) ?? []
      return name && `${name}=${quoted(value)}`
    },
  ],
  [
    /\.(?:service|timer)$/,
    (line, before) => {
      const [, set] = /^\s*Environment=["']?(\w+=[^"']*)["']?$/.exec(line) ?? []
      return set ?? /^\s*Exec\w+=[-@:+!]*(.*)$/.exec(line)?.[1] ?? (continues(before) ? line : undefined)
    },
  ],
]

function recipeFor(file: string): Recipe | undefined {
  return RECIPES.find(([name]) => name.test(basename(file)))?.[1]
}

/** Whether a file is named like what runs commands: a Dockerfile, a Makefile, a Justfile, a unit of systemd. */
export function isRecipe(file: string): boolean {
  return recipeFor(file) !== undefined
}

/** The commands of such a file as a script that keeps their lines; any other text as it is. */
export function asScript(file: string, text: string): string {
  const recipe = recipeFor(file)
  if (!recipe) return text
  const lines = text.split('\n')
  return lines.map((line, i) => recipe(line, lines[i - 1]) ?? '').join('\n')
}
