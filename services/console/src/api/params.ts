import { Type } from 'typebox';

const tenant = Type.String({ maxLength: 40 });
const Id = Type.String({ minLength: 1, maxLength: 128 });

export const OfTenant = Type.Object({ tenant });
export const OfProvider = Type.Object({ tenant, provider: Id });
export const OfKey = Type.Object({ tenant, key: Id });
export const OfSchema = Type.Object({ tenant, schema: Type.String({ minLength: 1, maxLength: 200 }) });
export const OfProfile = Type.Object({ tenant, profile: Id });
