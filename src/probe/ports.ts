import type {Secret} from '../secret.ts'

/** One request of a probe. It never has a body. */
export interface ProbeRequest {
  method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE'
  /** Below `/api/v1`, with its query. */
  path: string
  /** How the probed token travels: as `Authorization: token`, or as the password of a Basic header. */
  auth: 'token' | 'basic'
  /** Whether a same-origin redirect may be followed; only ever for GET. */
  follow?: boolean
}

/** What came back, as far as judging it needs. */
export interface ProbeReply {
  /** HTTP status; 0 when no usable answer came. */
  status: number
  contentType: string
  /** The parsed JSON body; undefined when it is not JSON. */
  body: unknown
  /** Why no answer came, for people; only with status 0. */
  failure?: string
  /** Requests on the wire, repetitions included. */
  requests: number
}

/** The one thing a probe needs of the world. Throws only when interrupted; everything else is a `ProbeReply`. */
export interface ProbePort {
  /** Gitea's base URL. */
  readonly url: string
  ask(request: ProbeRequest, value: Secret): Promise<ProbeReply>
}
