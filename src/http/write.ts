import type {HttpAnswer} from './answer.ts'

/** One answer that a server documents: its status, and what its headers and body look like besides. */
export interface AnswerForm {
  status: number
  fits(answer: HttpAnswer): boolean
}

/** All that a server documents of one write. Any other answer leaves it in doubt. */
export interface WriteContract {
  /** What came of it is known: it took effect, or it waits for a person. */
  accepted: readonly AnswerForm[]
  /** The server itself says that it did not act. */
  refused: readonly AnswerForm[]
}

/** What an answer says of a write. Only after `refused` may anything be undone, or the write be sent again. */
export type WriteVerdict = 'accepted' | 'refused' | 'doubt'

/**
 * Holds the answer to a write against what its server documents. A page, a gateway's JSON, a redirect, a success of
 * another kind: whoever sent that may have let the write through before, so it is `doubt`.
 */
export function judge(answer: HttpAnswer, {accepted, refused}: WriteContract): WriteVerdict {
  if (accepted.some((form) => isForm(answer, form))) return 'accepted'
  return refused.some((form) => isForm(answer, form)) ? 'refused' : 'doubt'
}

/** Whether an answer is of this form. */
export function isForm(answer: HttpAnswer, form: AnswerForm): boolean {
  return answer.status === form.status && form.fits(answer)
}
