import { directoryEvents, teamEvents } from './events.ts';

/** The routing table: which topic carries what, keyed by what, written by whom and read by whom. AsyncAPI is projected from it. */
export const topics = {
  directory: {
    name: 'claras.directory.v1',
    source: '/claras/directory',
    prefix: 'ai.claras.directory.',
    key: 'tenant',
    events: directoryEvents,
    producers: ['scim-edge', 'console'],
    readers: ['profile-sync', 'role-mapper', 'archiver'],
  },
  team: {
    name: 'claras.team.v1',
    source: '/claras/team',
    prefix: 'ai.claras.team.',
    key: 'tenant',
    events: teamEvents,
    producers: ['core-app'],
    readers: ['billing-sync'],
  },
} as const;

export type TopicName = keyof typeof topics;

/** Partitions of every topic, and cells of every store: a tenant's cell is its partition (DECISIONS 8). */
export const defaultCells = 64;
