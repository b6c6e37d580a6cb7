import {Readable} from 'node:stream'
import {infer} from '../../../src/infer/index.ts'
import type {Group, Inference, InferOptions} from '../../../src/infer/index.ts'
import {catalogue} from '../../../src/scopes/catalogue.ts'

/** What is inferred from these inputs on Gitea 1.22, or from a text on standard input; and its first group. */
export async function inferenceOf(
  inputs: string[],
  options: Partial<Omit<InferOptions, 'stdin'>> & {text?: string | Buffer | Iterable<Buffer>} = {},
): Promise<{inference: Inference; group: Group}> {
  const {text = '', ...rest} = options
  const inference = await infer(inputs, {
    catalogue: await catalogue('1.22'),
    by: 'none',
    user: undefined,
    profile: undefined,
    as: undefined,
    stdin: Readable.from(typeof text === 'string' || Buffer.isBuffer(text) ? [Buffer.from(text)] : text),
    signal: new AbortController().signal,
    ...rest,
  })
  return {inference, group: inference.groups[0]!}
}
