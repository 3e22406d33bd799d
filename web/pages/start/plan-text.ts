/** A plan or a list of features as people have it, YAML or JSON, in the form that the API takes. */

interface ReadPlan {
  readonly plan?: unknown;
  /** Why it is none. */
  readonly problem?: string;
}

/** What it holds is checked by the API, which says all that is wrong with it. */
export const readPlanText = async (text: string): Promise<ReadPlan> => {
  const { parse } = await import('yaml');
  try {
    const value: unknown = parse(text, { maxAliasCount: 0 });
    if (Array.isArray(value)) return { plan: { features: value } };
    if (typeof value === 'object' && value !== null) return { plan: value };
    return { problem: 'This is neither a plan nor a list of features.' };
  } catch (error) {
    return {
      problem: `This is neither YAML nor JSON: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
};
