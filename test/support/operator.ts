import type {Sandbox} from '../../src/simulator/sandbox.ts'

/** The headers by which an operator speaks to the sandbox's platform past patrol. */
export function asOperator({platform, platformToken, orgId}: Sandbox): Record<string, string> {
  return {authorization: `Bearer ${platformToken}`, origin: platform.url, 'x-molecule-org-id': orgId}
}
