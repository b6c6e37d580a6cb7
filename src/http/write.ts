import type {Answer} from './answer.ts'

/** One answer that a server documents: its status, and what its headers and body look like besides. */
export interface Form {
  status: number
  fits(answer: Answer): boolean
}

/** All that a server documents of one write. Any other answer leaves it in doubt. */
export interface WriteContract {
  /** What came of it is known: it took effect, or it waits for a person. */
  accepted: readonly Form[]
  /** The server itself says that it did not act. */
  refused: readonly Form[]
}

/** What an answer says of a write. Only after `refused` may anything be undone, or the write be sent again. */
export type Verdict = 'accepted' | 'refused' | 'doubt'

/**
 * Holds the answer to a write against what its server documents. A page, a gateway's JSON, a redirect, a success of
 * another kind: whoever sent that may have let the write through before, so it is `doubt`.
 */
export function judge(answer: Answer, {accepted, refused}: WriteContract): Verdict {
  if (accepted.some((form) => isForm(answer, form))) return 'accepted'
  return refused.some((form) => isForm(answer, form)) ? 'refused' : 'doubt'
}

/** Whether an answer is of this form. */
export function isForm(answer: Answer, form: Form): boolean {
  return answer.status === form.status && form.fits(answer)
}
