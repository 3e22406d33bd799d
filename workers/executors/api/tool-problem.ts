/** Something that the model did wrong and can put right: it becomes an error result of its tool call. */
export class ToolProblem extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ToolProblem';
  }
}
