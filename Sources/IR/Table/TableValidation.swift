// The one walk over everything. Each check names the record and the field that fails it; what these functions accept,
// the lookup and the interpreter use without looking again.

extension TableView {
    func validateSettings() throws(TableError) {}
    func validatePolicies() throws(TableError) {}
    func validatePrograms() throws(TableError) {}
    func validateRoutes() throws(TableError) {}
    func validateTree() throws(TableError) {}
}
