/** Where commands look for a coordinator unless they are told. */
export const defaultCoordinator = "localhost:7433";
