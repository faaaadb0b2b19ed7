export type Access = 'active' | 'archived';

/** "Seats billed = active profiles of the tenant" (M24). */
export const isBillable = (profile: { status: Access }): boolean => profile.status === 'active';
