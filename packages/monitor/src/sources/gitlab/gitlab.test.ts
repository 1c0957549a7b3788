import { describe, expect, it } from 'vitest'
import { digestOfDigit, happenedAt, readInShort, unsigned } from '../read-delivery.fixture.ts'
import { gitlabAudit } from './gitlab-audit.ts'
import { gitlabNotifications } from './gitlab-notifications.ts'

const registry = 'registry.gitlab.example'
const one = digestOfDigit('1')
const usual = { registry, repository: 'team/app' }

describe('gitlabNotifications', () => {
  const format = gitlabNotifications({ registry, ...unsigned })
  const event = (actor: object) => ({
    events: [
      {
        id: 'event-1',
        timestamp: happenedAt,
        action: 'push',
        target: {
          mediaType: 'application/vnd.oci.image.index.v1+json',
          digest: one,
          repository: 'team/app',
          tag: '1',
        },
        request: { id: 'request-1', addr: '10.0.0.7:1', useragent: 'docker/27' },
        actor,
      },
    ],
  })
  it.each([
    [{ name: 'alice', user_type: 'personal_access_token' }, 'user'],
    [{ name: 'alice', user_type: 'build' }, 'robot'],
    [{ name: 'gitlab+deploy-token-1', user_type: 'deploy_token' }, 'robot'],
    [{ name: 'project_1_bot_2', user_type: 'personal_access_token' }, 'robot'],
    [{ name: 'alice' }, 'user'],
    [{ name: 'alice', user_type: 'wizard' }, 'unknown'],
    [{}, 'unknown'],
  ])('tells %j for %s', async (actor, kind) => {
    expect(await readInShort(format, event(actor), usual)).toMatchObject([
      { action: 'push', tag: '1', digest: one, actor: { kind } },
    ])
  })
})

describe('gitlabAudit', () => {
  const format = gitlabAudit({ registry, ...unsigned })
  const event = (event_type: string, details: object = {}, rest: object = {}) => ({
    id: '8b5e1c9a',
    author_id: 7,
    author_name: 'Alice',
    entity_id: 3,
    entity_type: 'Project',
    entity_path: 'Team/app',
    target_details: '',
    ip_address: '10.0.0.7',
    created_at: happenedAt,
    event_type,
    details: { event_name: event_type, author_class: 'User', ...details },
    ...rest,
  })
  const actor = { name: 'Alice', kind: 'user', address: '10.0.0.7' }
  const told = { actor, rawId: '8b5e1c9a' }
  const message = { custom_message: 'Container repository tags marked for deletion: 1.0, 1.1' }

  it.each([
    [
      'deleted tags',
      event('container_repository_tags_deleted', message),
      ['1.0', '1.1'].map((tag) => ({ ...told, action: 'tag-deleted', tag })),
    ],
    [
      'deleted tags of an image within the project',
      event('container_repository_tags_deleted', message, { target_details: 'web' }),
      ['1.0', '1.1'].map((tag) => ({ ...told, action: 'tag-deleted', tag, repository: 'team/app/web' })),
    ],
    [
      'a deleted repository',
      event('container_repository_deleted'),
      [{ ...told, action: 'repository-deleted' }],
    ],
    ['a new member', event('member_created'), [{ ...told, action: 'permission-changed' }]],
    [
      'a cleanup policy',
      event(
        'container_repository_tags_deleted',
        { ...message, author_class: 'Gitlab::Audit::UnauthenticatedAuthor' },
        { author_name: '(System)' },
      ),
      ['1.0', '1.1'].map((tag) => ({
        ...told,
        action: 'tag-deleted',
        tag,
        actor: { ...actor, name: '(System)', kind: 'system' },
      })),
    ],
    [
      'a deploy token',
      event('container_repository_deleted', {}, { author_id: -2, author_name: 'ci' }),
      [{ ...told, action: 'repository-deleted', actor: { ...actor, name: 'ci', kind: 'robot' } }],
    ],
    ['a member of a group as ignored', event('member_created', {}, { entity_type: 'Group' }), 'ignored'],
    ['something else as ignored', event('merge_request_create'), 'ignored'],
    [
      'tags that are not named',
      event('container_repository_tags_deleted'),
      'refused: tags were deleted, and none is named',
    ],
    [
      'a type that it does not know',
      event('container_repository_painted'),
      'refused: a type that is not known: "container_repository_painted"',
    ],
  ])('reads %s', async (_, body, expected) => {
    expect(await readInShort(format, body, usual)).toEqual(expected)
  })
})
