/** What an input can be read as. */
export const FORMATS = [
  'log',
  'har',
  'openapi',
  'mcp',
  'shell',
  'typescript',
  'javascript',
  'python',
  'go',
  'terraform',
] as const

/** One of them. */
export type InputFormat = (typeof FORMATS)[number]

/** Those that are source code. */
export type CodeFormat = Extract<InputFormat, 'shell' | 'typescript' | 'javascript' | 'python' | 'go' | 'terraform'>
