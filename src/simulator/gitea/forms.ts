import type {GiteaVersion} from '../types.ts'

/** What a bound field must be: Gitea's name for it in errors, its JSON key, its type, and its rules. */
export interface Field {
  name: string
  key: string
  type: 'string' | 'int64' | 'bool' | '[]string' | '[]int64' | 'any'
  rules: readonly string[]
  /** `forgejo 11.0.15, run`: may be left out there, though Gitea wants it. */
  optionalOnForgejo?: true
  /** First and last release that has it like this. */
  since?: GiteaVersion
  until?: GiteaVersion
}

const field = (name: string, key: string, rules = '', type: Field['type'] = 'string', since?: GiteaVersion): Field => ({
  name,
  key,
  type,
  rules: rules === '' ? [] : rules.split(';'),
  ...(since && {since}),
})

const BRANCHES = [
  field('BranchName', 'branch', 'GitRefName;MaxSize(100)'),
  field('NewBranchName', 'new_branch', 'GitRefName;MaxSize(100)'),
]
const VISIBILITY = field('Visibility', 'visibility', 'In(,public,limited,private)')
const ORG_TEXTS = [
  field('FullName', 'full_name', 'MaxSize(100)'),
  field('Email', 'email', 'MaxSize(255)', 'string', '1.21.11'),
  field('Description', 'description', 'MaxSize(255)'),
  field('Website', 'website', 'ValidUrl;MaxSize(255)'),
  field('Location', 'location', 'MaxSize(50)'),
  VISIBILITY,
]
const PROFILE = [
  field('Website', 'website', 'ValidUrl;MaxSize(255)'),
  field('Location', 'location', 'MaxSize(50)'),
  field('Description', 'description', 'MaxSize(255)'),
]
const REPO_NAME = field('Name', 'name', 'Required;AlphaDashDot;MaxSize(100)')
const REPO_DESCRIPTION = field('Description', 'description', 'MaxSize(2048)')
const BODY = field('Body', 'body', 'Required')

/** Fields with rules of every body that has some; bodies not listed accept any JSON object. Order decides errors. */
export const FORMS: Readonly<Record<string, readonly Field[]>> = {
  AddCollaboratorOption: [field('Permission', 'permission')],
  AddTimeOption: [field('Time', 'time', 'Required', 'int64')],
  ApplyDiffPatchFileOptions: [...BRANCHES, {...field('SHA', 'sha', 'Required'), until: '1.24.7'}],
  ChangeFilesOptions: [...BRANCHES, field('Files', 'files', 'Required', 'any')],
  CreateAccessTokenOption: [
    field('Name', 'name', 'Required'),
    field('Scopes', 'scopes', '', '[]string'),
    field('Repositories', 'repositories', '', 'any'),
  ],
  CreateActionWorkflowDispatch: [field('Ref', 'ref', 'Required')],
  CreateBranchRepoOption: [
    field('BranchName', 'new_branch_name', 'Required;GitRefName;MaxSize(100)'),
    field('OldBranchName', 'old_branch_name', 'GitRefName;MaxSize(100)'),
    field('OldRefName', 'old_ref_name', 'GitRefName;MaxSize(100)'),
  ],
  CreateFileOptions: BRANCHES,
  CreateGPGKeyOption: [field('ArmoredKey', 'armored_public_key', 'Required')],
  CreateHookOption: [field('Type', 'type', 'Required'), field('Config', 'config', 'Required', 'any')],
  CreateIssueCommentOption: [BODY],
  CreateIssueOption: [
    field('Title', 'title', 'Required'),
    field('Body', 'body'),
    field('Assignees', 'assignees', '', '[]string'),
    field('Labels', 'labels', '', '[]int64'),
    field('Closed', 'closed', '', 'bool'),
  ],
  CreateKeyOption: [field('Title', 'title', 'Required'), field('Key', 'key', 'Required')],
  CreateLabelOption: [field('Name', 'name', 'Required'), field('Color', 'color', 'Required')],
  CreateOAuth2ApplicationOptions: [
    field('Name', 'name', 'Required'),
    field('RedirectURIs', 'redirect_uris', 'Required', '[]string'),
  ],
  CreateOrUpdateSecretOption: [field('Data', 'data', 'Required')],
  CreateOrgOption: [field('UserName', 'username', 'Required;Username;MaxSize(40)'), ...ORG_TEXTS],
  CreatePullRequestOption: [
    field('Head', 'head', 'Required'),
    field('Base', 'base', 'Required'),
    field('Title', 'title', 'Required'),
  ],
  CreatePullReviewOptions: [
    field('Event', 'event'),
    field('Body', 'body'),
    field('CommitID', 'commit_id'),
    field('Comments', 'comments', '', 'any'),
  ],
  CreateReleaseOption: [field('TagName', 'tag_name', 'Required')],
  CreateRepoOption: [REPO_NAME, REPO_DESCRIPTION, field('DefaultBranch', 'default_branch', 'GitRefName;MaxSize(100)')],
  CreateTagOption: [field('TagName', 'tag_name', 'Required')],
  CreateTeamOption: [field('Name', 'name', 'Required;AlphaDashDot;MaxSize(255)')],
  CreateUserOption: [
    field('SourceID', 'source_id', '', 'int64'),
    field('LoginName', 'login_name'),
    field('Username', 'username', 'Required;Username;MaxSize(40)'),
    field('FullName', 'full_name', 'MaxSize(100)'),
    field('Email', 'email', 'Required;Email;MaxSize(254)'),
    {...field('Password', 'password', 'Required;MaxSize(255)'), until: '1.20.6'},
    field('Password', 'password', 'MaxSize(255)', 'string', '1.21.11'),
    field('MustChangePassword', 'must_change_password', '', 'bool'),
    field('Restricted', 'restricted', '', 'bool'),
    VISIBILITY,
  ],
  CreateVariableOption: [field('Value', 'value', 'Required')],
  DeleteFileOptions: [...BRANCHES, field('SHA', 'sha', 'Required')],
  EditIssueCommentOption: [BODY],
  EditOrgOption: ORG_TEXTS,
  EditRepoOption: [
    field('Name', 'name', 'AlphaDashDot;MaxSize(100)'),
    REPO_DESCRIPTION,
    field('Website', 'website', 'MaxSize(1024)'),
    field('ProjectsMode', 'projects_mode', 'In(repo,owner,all)', 'string', '1.22.6'),
  ],
  EditTeamOption: [field('Name', 'name', 'AlphaDashDot;MaxSize(255)')],
  EditUserOption: [
    field('SourceID', 'source_id', '', 'int64'),
    {...field('LoginName', 'login_name', 'Required'), optionalOnForgejo: true},
    field('Email', 'email', 'MaxSize(254)'),
    field('FullName', 'full_name', 'MaxSize(100)'),
    field('Password', 'password', 'MaxSize(255)'),
    field('MustChangePassword', 'must_change_password', '', 'bool'),
    ...PROFILE,
    field('Active', 'active', '', 'bool'),
    field('Admin', 'admin', '', 'bool'),
    field('ProhibitLogin', 'prohibit_login', '', 'bool'),
    field('Restricted', 'restricted', '', 'bool'),
    VISIBILITY,
  ],
  GenerateRepoOption: [REPO_NAME, REPO_DESCRIPTION],
  GetFilesOptions: [field('Files', 'files', 'Required', '[]string')],
  MergePullRequestForm: [
    field('Do', 'Do', 'Required;In(merge,rebase,rebase-merge,squash,fast-forward-only,manually-merged)'),
  ],
  MigrateRepoOptions: [
    field('CloneAddr', 'clone_addr', 'Required'),
    field('RepoName', 'repo_name', 'Required;AlphaDashDot;MaxSize(100)'),
    REPO_DESCRIPTION,
  ],
  RenameBranchRepoOption: [field('Name', 'name', 'Required;GitRefName;MaxSize(100)')],
  RenameOrgOption: [field('NewName', 'new_name', 'Required')],
  RenameUserOption: [field('NewName', 'new_username', 'Required')],
  UpdateBranchRepoOption: [field('Name', 'name', 'Required;GitRefName;MaxSize(100)')],
  UpdateFileOptions: [...BRANCHES, field('SHA', 'sha', 'Required'), field('FromPath', 'from_path', 'MaxSize(500)')],
  UpdateRepoAvatarOption: [field('Image', 'image', 'Required')],
  UpdateUserAvatarOption: [field('Image', 'image', 'Required')],
  UpdateVariableOption: [field('Value', 'value', 'Required')],
  UserBadgeOption: [field('BadgeSlugs', 'badge_slugs', 'Required', '[]string')],
  UserSettingsOptions: [field('FullName', 'full_name', 'MaxSize(100)'), ...PROFILE],
  VerifyGPGKeyOption: [field('KeyID', 'key_id', 'Required'), field('Signature', 'armored_signature', 'Required')],
}
