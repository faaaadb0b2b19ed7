import type { Command, Delegate } from './command.ts';
import { auditList, auditVerify } from './commands/audit.ts';
import { configCheck } from './commands/config.ts';
import { consoleLink } from './commands/console.ts';
import { consumers, consumersPause, consumersResume } from './commands/consumers.ts';
import { deadLettersDrop, deadLettersList, deadLettersReplay, deadLettersShow } from './commands/dead-letters.ts';
import { tenantErase } from './commands/erase.ts';
import { federationRemove, federationSet, federationShow } from './commands/federation.ts';
import { keyCreate, keyList, keyRevoke, keyRotate } from './commands/key.ts';
import { logCommand, logErase, recheckCommand } from './commands/log.ts';
import { mappingPreview, mappingSet, mappingShow } from './commands/mapping.ts';
import { alarms, health, lag, seats, seatsApprove, seatsExplain } from './commands/operations.ts';
import { providerAdd, providerList, providerRemove, providerSet } from './commands/provider.ts';
import { schemaList, schemaPut, schemaRemove } from './commands/schema.ts';
import { scimOff, scimOn } from './commands/scim.ts';
import { simulateEntra } from './commands/simulate.ts';
import { epochRaise, epochShow, snapshot } from './commands/snapshot.ts';
import { teamArchive, teamList, teamRestore, teamRole } from './commands/team.ts';
import { tenantCreate, tenantList } from './commands/tenant.ts';
import { topicsApply } from './commands/topics.ts';
import { userExplainRole } from './commands/user.ts';
import { verify } from './commands/verify.ts';

/** The command table: calls are resolved in it and help is printed from it. */
export const commands: readonly (Command | Delegate)[] = [
  tenantCreate,
  tenantList,
  tenantErase,
  providerAdd,
  providerList,
  providerSet,
  providerRemove,
  federationSet,
  federationShow,
  federationRemove,
  scimOn,
  scimOff,
  keyCreate,
  keyList,
  keyRotate,
  keyRevoke,
  mappingPreview,
  mappingSet,
  mappingShow,
  schemaPut,
  schemaList,
  schemaRemove,
  teamList,
  teamRole,
  teamArchive,
  teamRestore,
  userExplainRole,
  logErase,
  logCommand,
  recheckCommand,
  auditList,
  auditVerify,
  verify,
  snapshot,
  epochShow,
  epochRaise,
  seatsExplain,
  seatsApprove,
  seats,
  lag,
  consumersPause,
  consumersResume,
  consumers,
  topicsApply,
  configCheck,
  deadLettersList,
  deadLettersShow,
  deadLettersReplay,
  deadLettersDrop,
  alarms,
  health,
  consoleLink,
  simulateEntra,
];
