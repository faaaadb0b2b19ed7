import { controlEvents, directoryEvents, outcomeEvents, requestEvents, teamEvents } from './events.ts';

/** The routing table: which topic carries what, keyed by what, written by whom and read by whom. AsyncAPI is projected from it. */
export const topics = {
  directory: {
    name: 'claras.directory.v1',
    source: '/claras/directory',
    prefix: 'ai.claras.directory.',
    key: 'tenant',
    events: directoryEvents,
    producers: ['scim-edge', 'console'],
    readers: ['profile-sync', 'role-mapper', 'archiver', 'provisioning-log'],
  },
  team: {
    name: 'claras.team.v1',
    source: '/claras/team',
    prefix: 'ai.claras.team.',
    key: 'tenant',
    events: teamEvents,
    producers: ['core-app'],
    readers: ['billing-sync', 'audit-log'],
  },
  outcome: {
    name: 'claras.outcome.v1',
    source: '/claras/outcome',
    prefix: 'ai.claras.outcome.',
    key: 'tenant',
    events: outcomeEvents,
    producers: ['scim-edge', 'profile-sync', 'role-mapper', 'archiver', 'billing-sync'],
    readers: ['provisioning-log-outcomes'],
  },
  control: {
    name: 'claras.control.v1',
    source: '/claras/control',
    prefix: 'ai.claras.control.',
    key: 'tenant',
    events: controlEvents,
    producers: ['console'],
    readers: ['billing-sync-control'],
  },
  request: {
    name: 'claras.request.v1',
    source: '/claras/request',
    prefix: 'ai.claras.request.',
    key: 'tenant',
    events: requestEvents,
    producers: ['profile-sync', 'role-mapper', 'archiver', 'provisioning-log', 'subscribers'],
    readers: ['snapshots'],
  },
} as const;

export type TopicName = keyof typeof topics;

/** The services whose commits carry events, and the topic of each. */
export const topicOfService = {
  edge: 'directory',
  'edge-outcome': 'outcome',
  core: 'team',
  'profile-sync': 'outcome',
  'role-mapper': 'outcome',
  archiver: 'outcome',
  'billing-sync': 'outcome',
  control: 'control',
} as const satisfies Record<string, TopicName>;
export type EventSource = keyof typeof topicOfService;

/** CloudEvents `source`. Each service numbers its own events, so those that share a topic are told apart by it. */
export const sourceOf = (topic: TopicName, service: string): string =>
  topic === 'outcome' || topic === 'request' ? `${topics[topic].source}/${service}` : topics[topic].source;

/** Partitions of every topic, and cells of every store: a tenant's cell is its partition (DECISIONS 8). */
export const defaultCells = 64;
