import type {ProgramLanguage} from './sources.ts'

/**
 * How an SDK's methods are told apart: `go` and `py-gitea` by a table of their methods, `operations` by the names of the
 * API's own operations, after which it was generated.
 */
export type SdkKind = 'go' | 'py-gitea' | 'operations'

const SCRIPT: readonly (readonly [SdkKind, RegExp])[] = [
  [
    'operations',
    /^(?:(?:gitea|forgejo)-(?:js|api|client|sdk|typescript)|@[\w-]+\/(?:gitea|forgejo)(?:-(?:js|api|client|sdk))?)$/,
  ],
]

/** Which modules are an SDK of Gitea's or Forgejo's, whatever the version. */
const SDKS: Readonly<Record<ProgramLanguage, readonly (readonly [SdkKind, RegExp])[]>> = {
  go: [
    [
      'go',
      /^(?:code\.gitea\.io\/sdk\/gitea|gitea\.com\/.*\/sdk\/gitea|codeberg\.org\/[\w-]+\/forgejo-sdk\/forgejo|github\.com\/[\w-]+\/(?:gitea|forgejo)-sdk\/(?:gitea|forgejo)|.*\/(?:go-sdk|sdk)\/(?:gitea|forgejo))(?:\/v\d+)?$/,
    ],
  ],
  python: [
    [
      'operations',
      /^(?:pyforgejo|giteapy|(?:clientapi_|focs_)?(?:gitea|forgejo)_?(?:api|client|api_client)|clientapi_(?:gitea|forgejo)|swagger_client|openapi_client)(?:\.|$)/,
    ],
    ['py-gitea', /^gitea(?:\.|$)/],
  ],
  typescript: SCRIPT,
  javascript: SCRIPT,
}

/** The SDK that a module is. */
export function sdkNamed(language: ProgramLanguage, module: string): SdkKind | undefined {
  return SDKS[language].find(([, pattern]) => pattern.test(module))?.[0]
}

/** Whether a module that is no known SDK may call the API nevertheless, as its name has it. */
export function maySpeak(module: string): boolean {
  return /gitea|forgejo/i.test(module) && !/\.(?:css|scss|svg|png|json|ya?ml|md)$/i.test(module)
}
