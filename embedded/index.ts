/** The embedded servers: what production takes from drachtio-server, FreeSWITCH and PostgreSQL, from npm alone. */
export type { DrachtioServerStats } from './drachtio/DrachtioServer.ts';
export {
  type EmbeddedSip,
  EmbeddedSipError,
  type EmbeddedSipOptions,
  startEmbeddedSip,
} from './drachtio/startEmbeddedSip.ts';
export {
  type EmbeddedMedia,
  MediaProcessError,
  type MediaSettings,
  type MediaStats,
  startEmbeddedMedia,
} from './freeswitch/index.ts';
export {
  type EmbeddedPostgres,
  EmbeddedPostgresError,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from './postgres.ts';
