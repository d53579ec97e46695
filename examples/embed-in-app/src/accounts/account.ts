export interface Account {
  readonly name: string;
  readonly isStaff: boolean;
}
