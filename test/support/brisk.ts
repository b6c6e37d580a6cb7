import type {SandboxOptions} from '../../src/simulator/sandbox.ts'

/** A platform whose machines come up and whose processes beat in no time; a test that means slow ones says so. */
export const BRISK = {provisionMs: 20, heartbeatMs: 60} satisfies SandboxOptions['timing']

/** For patrol.yaml: how long to look for a restart that nobody asked for. It shows at once; no restart, and all of it is waited. */
export const BRISK_WAIT = '400ms'
